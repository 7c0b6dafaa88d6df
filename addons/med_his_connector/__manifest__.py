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
    "data": [
        "security/med_his_connector_groups.xml",
        "security/ir.model.access.csv",
        "security/med_his_connector_rules.xml",
        "data/ir_cron.xml",
        "views/med_his_channel_views.xml",
        "views/med_his_message_views.xml",
        "views/med_his_code_views.xml",
        "views/med_his_reading_views.xml",
        "views/med_consumption_views.xml",
        "views/med_his_connector_menus.xml",
    ],
    "application": False,
}
