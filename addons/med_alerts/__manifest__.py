{
    "name": "Medical Consumables: Alerts",
    "summary": "When somebody must act: rules, alerts, escalation",
    "version": "19.0.0.1.0",
    "category": "Supply Chain/Medical Consumables",
    "author": "Medical Consumables Suite",
    "license": "AGPL-3",
    "depends": [
        "med_consumables",
    ],
    "data": [],
    "application": False,
}
