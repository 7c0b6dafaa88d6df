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
    "data": [],
    "application": False,
}
