{
    "name": "Medical Consumables",
    "summary": "What the hospital holds, where it is and what was used",
    "version": "19.0.0.2.0",
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
    "external_dependencies": {"python": ["pypinyin"]},
    "data": [
        "security/med_consumables_groups.xml",
        "security/ir.model.access.csv",
        "security/med_consumables_rules.xml",
        "data/ir_cron.xml",
        "data/ir_config.xml",
        "wizard/med_record_use_views.xml",
        "views/med_department_views.xml",
        "views/med_udi_views.xml",
        "views/med_certificate_views.xml",
        "views/med_consumption_views.xml",
        "views/product_views.xml",
        "views/product_stock_views.xml",
        "views/stock_lot_views.xml",
        "views/res_users_views.xml",
        "views/res_config_settings_views.xml",
        "views/med_consumables_menus.xml",
    ],
    "assets": {
        "web.assets_backend": [
            # Debian's package of Odoo leaves this file out, mail still names it:
            # the missing asset would be an error in every browser.
            (
                "remove",
                "mail/static/lib/selfie_segmentation/selfie_segmentation.js",
            ),
            "med_consumables/static/src/scan_field/*",
        ],
    },
    "application": True,
}
