{
    "name": "Medical Consumables: Purchasing",
    "summary": "Who asks and who agrees: request, approval, order, receipt",
    "version": "19.0.0.1.0",
    "category": "Supply Chain/Medical Consumables",
    "author": "Medical Consumables Suite",
    "license": "AGPL-3",
    "depends": [
        "med_replenishment",
        "purchase_request",
        "base_tier_validation",
        "purchase_request_tier_validation",
    ],
    "data": [],
    "application": False,
}
