"""Two people confirm at the same moment what a budget can pay only once."""

import threading

import pytest
from rpc import RpcError

ROUNDS = 4
PLANNED = 1000.0
PRICE = 300.0  # two pieces with a tax up to 66 %: one order fits, two never do
PIECES = 2


@pytest.fixture(scope="module")
def purchase(rpc):
    """What every round buys: company, plan, product and supplier of the hospital."""
    buyer = rpc("buyer")
    company = buyer("res.users", "read", [buyer.uid], ["company_id"])[0]["company_id"][
        0
    ]
    product = buyer(
        "product.product",
        "search_read",
        [("med_consumable", "=", True), ("seller_ids", "!=", False)],
        ["seller_ids"],
        limit=1,
    )[0]
    seller = buyer(
        "product.supplierinfo", "read", product["seller_ids"][:1], ["partner_id"]
    )[0]
    plan = rpc("admin")("res.company", "read", [company], ["med_analytic_plan_id"])[0]
    return {
        "company": company,
        "plan": plan["med_analytic_plan_id"][0],
        "product": product["id"],
        "supplier": seller["partner_id"][0],
    }


def _cost_centre_with_budget(finance, purchase, name):
    centre = finance(
        "account.analytic.account",
        "create",
        [
            {
                "name": name,
                "plan_id": purchase["plan"],
                "company_id": purchase["company"],
            }
        ],
    )[0]
    line = {"analytic_account_id": centre, "planned": PLANNED}
    budget = finance(
        "med.budget", "create", [{"name": name, "line_ids": [(0, 0, line)]}]
    )
    finance("med.budget", "action_approve", budget)
    return centre


def _quotation(person, purchase, centre):
    line = {
        "product_id": purchase["product"],
        "product_qty": PIECES,
        "price_unit": PRICE,
        "analytic_distribution": {str(centre): 100},
    }
    values = {"partner_id": purchase["supplier"], "order_line": [(0, 0, line)]}
    return person("purchase.order", "create", [values])[0]


def _confirm_together(people, orders):
    """Both press the button at once; returns what each was told."""
    start, told = threading.Barrier(len(people)), {}

    def press(person, order):
        start.wait()
        try:
            person("purchase.order", "button_confirm", [order])
        except RpcError as error:
            told[order] = error

    threads = [
        threading.Thread(target=press, args=pair)
        for pair in zip(people, orders, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def test_two_orders_that_together_exceed_a_budget_do_not_both_pass(rpc, purchase, sql):
    people = rpc("buyer"), rpc("approver")
    for number in range(ROUNDS):
        centre = _cost_centre_with_budget(rpc("finance"), purchase, f"Race {number}")
        orders = [_quotation(person, purchase, centre) for person in people]
        told = _confirm_together(people, orders)
        states = dict(
            sql("SELECT id, state FROM purchase_order WHERE id IN %s", [tuple(orders)])
        )
        assert sorted(states.values()) == ["draft", "purchase"], (number, told)
        (refused,) = told
        assert states[refused] == "draft"
        assert told[refused].name == "odoo.exceptions.UserError"
        assert f"Race {number}" in str(told[refused])
