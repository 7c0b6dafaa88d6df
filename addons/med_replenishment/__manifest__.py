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
    "data": [
        "security/med_replenishment_groups.xml",
        "security/ir.model.access.csv",
        "security/med_replenishment_rules.xml",
        "data/ir_cron.xml",
        "views/med_demand_day_views.xml",
        "views/med_reorder_proposal_views.xml",
        "views/stock_warehouse_orderpoint_views.xml",
        "views/res_config_settings_views.xml",
        "views/med_replenishment_menus.xml",
    ],
    "post_init_hook": "post_init_hook",
    "application": False,
}
