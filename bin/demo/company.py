"""The hospital as a company: language, chart of accounts, tax, cost centres, store."""

from odoo.fields import Command

NAME = "云溪示范医院 Yunxi Demo Hospital"
TIME_ZONE = "Asia/Shanghai"

# Accounts of a public hospital that the chart of small businesses lacks; their codes
# keep the numbers of the accounting system for governments, with a dot behind.
# key -> (code, English, Chinese, type)
ACCOUNTS = {
    "stock": (
        "1302.01",
        "Stock of medical materials",
        "库存物品—卫生材料",
        "asset_current",
    ),
    "use": (
        "5001.01",
        "Medical service: materials",
        "业务活动费用—卫生材料费",
        "expense",
    ),
    "variation": (
        "5001.02",
        "Medical service: change of stock",
        "业务活动费用—库存物品变动",
        "expense",
    ),
    "administration": (
        "5101.01",
        "Administration: materials",
        "单位管理费用—卫生材料费",
        "expense",
    ),
    "losses": (
        "5901.01",
        "Losses of stock to be settled",
        "待处理财产损溢—库存物品",
        "expense",
    ),
}


def set_up(env):
    """Everything that must stand before departments and journal items."""
    env["res.lang"]._activate_lang("zh_CN")
    env["ir.module.module"].search([("state", "=", "installed")])._update_translations(
        ["zh_CN"]
    )
    company = env.ref("base.main_company")
    _name(company)
    env["account.chart.template"].try_loading("cn", company)
    # Prices have two decimals; with 13 % tax in it the cost of a piece has four, and
    # the value of a receipt is the total of its order to the cent.
    env["decimal.precision"].search([("name", "=", "Product Price")]).digits = 4
    _tax(company)
    _accounts(company)
    _cost_centre_plan(company)
    _store(company)
    return company


def _name(company):
    company.write(
        {
            "name": NAME,
            "country_id": company.env.ref("base.cn").id,
            "state_id": company.env.ref("base.state_cn_JS").id,
            "city": "云溪市",
            "street": "健康路 1 号",
            "company_registry": "（虚构）",
            "email": "demo@example.com",
            "horizon_days": 7,
            "po_lock": "lock",
            "med_posting": "at_once",
            # The past month was charged without lots; see safety.py.
            "med_missing_lot": "never",
        }
    )
    company.partner_id.write({"tz": TIME_ZONE, "lang": "zh_CN"})
    company.env["res.partner"].search([]).write({"tz": TIME_ZONE})


def _tax(company):
    """13 % that a public hospital may not deduct: it is part of what goods cost.

    A tax line without an account stays in the cost of what is bought.
    """
    undeductible = [
        Command.clear(),
        Command.create({"repartition_type": "base"}),
        Command.create({"repartition_type": "tax"}),
    ]
    env = company.env
    tax = env["account.tax"].create(
        {
            "name": "13% not deductible",
            "description": "VAT 13 %, not deductible",
            "invoice_label": "13%",
            "amount": 13.0,
            "type_tax_use": "purchase",
            "company_id": company.id,
            "country_id": env.ref("base.cn").id,
            "tax_group_id": company.account_purchase_tax_id.tax_group_id.id,
            "invoice_repartition_line_ids": undeductible,
            "refund_repartition_line_ids": undeductible,
        }
    )
    tax.with_context(lang="zh_CN").write(
        {"name": "13%（不可抵扣）", "description": "增值税 13%，不可抵扣"}
    )
    company.account_purchase_tax_id = tax


def _accounts(company):
    values = ACCOUNTS.values()
    accounts = company.env["account.account"].create(
        [
            {
                "code": code,
                "name": name,
                "account_type": type_,
                "company_ids": [Command.set(company.ids)],
            }
            for code, name, _name_zh, type_ in values
        ]
    )
    for account, (_code, name, name_zh, _type) in zip(accounts, values, strict=True):
        account.update_field_translations("name", {"en_US": name, "zh_CN": name_zh})
    by_key = dict(zip(ACCOUNTS, accounts, strict=True))
    by_key["stock"].account_stock_variation_id = by_key["variation"]
    company.write(
        {
            "cost_method": "average",
            "inventory_valuation": "periodic",
            "account_stock_valuation_id": by_key["stock"].id,
            "med_consumption_account_id": by_key["use"].id,
        }
    )
    env = company.env
    env["ir.default"].set(
        "product.category",
        "property_stock_valuation_account_id",
        by_key["stock"].id,
        company_id=company.id,
    )
    losses = env["stock.location"].search(
        [("usage", "=", "inventory"), ("company_id", "=", company.id)]
    )
    losses.valuation_account_id = by_key["losses"]


def _cost_centre_plan(company):
    plan = company.env["account.analytic.plan"].create({"name": "Cost centres"})
    plan.with_context(lang="zh_CN").name = "成本中心"
    company.med_analytic_plan_id = plan


def _store(company):
    env = company.env
    warehouse = env["stock.warehouse"].search(
        [("company_id", "=", company.id)], limit=1
    )
    warehouse.write({"name": "中心库 Central Store", "code": "ZXK"})
    fefo = env.ref("product_expiry.removal_fefo")
    warehouse.view_location_id.removal_strategy_id = fefo
