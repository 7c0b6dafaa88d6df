{
    "name": "Medical Consumables",
    "summary": "What the hospital holds, where it is and what was used",
    "version": "19.0.0.1.0",
    "category": "Supply Chain/Medical Consumables",
    "author": "Medical Consumables Suite",
    "license": "AGPL-3",
    "depends": [
        "stock",
        "purchase_stock",
        "stock_account",
        "product_expiry",
        "account",
        "barcodes",
        "rpc",
    ],
    "data": [],
    "application": True,
}
