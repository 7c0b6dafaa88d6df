{
    "name": "Medical Consumables: HIS Connector",
    "summary": "What the other systems say: HL7 v2 over MLLP",
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
