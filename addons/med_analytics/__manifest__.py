{
    "name": "Medical Consumables: Analytics",
    "summary": "How did it go: reports, downloads, KPIs",
    "version": "19.0.0.1.0",
    "category": "Supply Chain/Medical Consumables",
    "author": "Medical Consumables Suite",
    "license": "AGPL-3",
    "depends": [
        "med_budget",
        "spreadsheet_dashboard",
        "report_xlsx",
    ],
    "data": [
        "security/ir.model.access.csv",
        "security/med_analytics_rules.xml",
        "report/med_consumption_report_views.xml",
        "report/report_consumption_xlsx.xml",
        "wizard/med_consumption_export_wizard_views.xml",
        "views/med_analytics_menus.xml",
    ],
    "application": False,
}
