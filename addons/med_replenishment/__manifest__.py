{
    "name": "Medical Consumables: Replenishment",
    "summary": "How much to hold: demand, forecast, lead times, reorder rules",
    "version": "19.0.0.1.0",
    "category": "Supply Chain/Medical Consumables",
    "author": "Medical Consumables Suite",
    "license": "AGPL-3",
    "depends": [
        "med_alerts",
    ],
    "data": [],
    "application": False,
}
