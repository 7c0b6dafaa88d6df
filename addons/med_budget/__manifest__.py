{
    "name": "Medical Consumables: Budgets",
    "summary": "May we pay: budgets, commitments, checks",
    "version": "19.0.0.1.0",
    "category": "Supply Chain/Medical Consumables",
    "author": "Medical Consumables Suite",
    "license": "AGPL-3",
    "depends": [
        "med_purchase",
    ],
    "data": [],
    "application": False,
}
