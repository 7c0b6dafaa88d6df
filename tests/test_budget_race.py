"""Two people confirm at the same moment what a budget can pay only once."""

import threading

import pytest
from rpc import Client, RpcError

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


def _cost_centre(finance, purchase, name):
    return finance(
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


def _budget(finance, centre, name):
    """A draft for one cost centre; its id."""
    line = {"analytic_account_id": centre, "planned": PLANNED}
    return finance(
        "med.budget", "create", [{"name": name, "line_ids": [(0, 0, line)]}]
    )[0]


def _cost_centre_with_budget(finance, purchase, name):
    centre = _cost_centre(finance, purchase, name)
    finance("med.budget", "action_approve", [_budget(finance, centre, name)])
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


def _press_together(people, model, button, records):
    """Each presses the button of a record, at once; returns what each was told."""
    start, told = threading.Barrier(len(people)), {}

    def press(person, record):
        start.wait()
        try:
            person(model, button, [record])
        except RpcError as error:
            told[record] = error

    threads = [
        threading.Thread(target=press, args=pair)
        for pair in zip(people, records, strict=True)
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
        told = _press_together(people, "purchase.order", "button_confirm", orders)
        states = dict(
            sql("SELECT id, state FROM purchase_order WHERE id IN %s", [tuple(orders)])
        )
        assert sorted(states.values()) == ["draft", "purchase"], (number, told)
        (refused,) = told
        assert states[refused] == "draft"
        assert told[refused].name == "odoo.exceptions.UserError"
        assert f"Race {number}" in str(told[refused])


def test_two_budgets_for_one_cost_centre_are_not_both_approved(
    rpc, purchase, sql, hospital_db
):
    first = rpc("finance")
    people = first, Client(first.url, hospital_db, "finance", "finance")
    for number in range(ROUNDS):
        name = f"Twins {number}"
        centre = _cost_centre(people[0], purchase, name)
        budgets = [_budget(person, centre, name) for person in people]
        told = _press_together(people, "med.budget", "action_approve", budgets)
        states = dict(
            sql("SELECT id, state FROM med_budget WHERE id IN %s", [tuple(budgets)])
        )
        assert sorted(states.values()) == ["approved", "draft"], (number, told)
        (refused,) = told
        assert states[refused] == "draft"
        assert told[refused].name == "odoo.exceptions.ValidationError"
        assert name in str(told[refused])
