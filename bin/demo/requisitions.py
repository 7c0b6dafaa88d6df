"""A week of requisitions, their templates, a loan, and two fixed packs.

It happens before the last goods arrive, so that these fill up what it takes; items
that shall run low are left alone.
"""

from collections import Counter

from odoo.fields import Command

from . import catalogue

# days ago, department, how far it went, urgent
WEEK = (
    (6, "ICU", "received", False),
    (5, "ER", "short", True),
    (4, "ICU", "partly", True),
    (3, "RAD", "refused", False),
    (2, "RESP", "issued", False),
    (1, "OR", "approved", True),
    (1, "ICU", "asked", False),
)
# English, Chinese, department, items of which categories, packs kept
PACKS = (("Venous access pack", "静脉穿刺定数包", "ICU", ("syringes", "dressings"), 6),)


def set_up(env, departments, products, staff, goods):
    """Ask, approve, issue and receive as the people of each department would."""
    week = _Week(env, departments, products, staff, goods)
    templates = week.templates()
    for days_ago, code, outcome, urgent in WEEK:
        week.ask(templates[code], days_ago, code, outcome, urgent)
    week.lend("ER", "ICU")
    for pack in PACKS:
        week.pack(*pack)
    week.round()


class _Week:
    def __init__(self, env, departments, products, staff, goods):
        self.env = env
        self.departments = departments
        self.products = products
        self.staff = staff
        self.goods = goods
        self.left = Counter()
        store = departments["STORE"].stock_location_id
        for product, there, reserved in env["stock.quant"]._read_group(
            [("location_id", "child_of", store.id), ("med_hold", "=", False)],
            ["product_id"],
            ["quantity:sum", "reserved_quantity:sum"],
        ):
            self.left[product] = int(there - reserved)

    def templates(self):
        """One a department: ``{code: template}``."""
        codes = dict.fromkeys(code for _days, code, _outcome, _urgent in WEEK)
        templates = self.env["med.requisition.template"].create(
            [
                {
                    "name": "Usual round",
                    "company_id": self.departments[code].company_id.id,
                    "department_id": self.departments[code].id,
                    "line_ids": [
                        Command.create({"product_id": product.id, "quantity": quantity})
                        for product, quantity in self._usual(code, 3)
                    ],
                }
                for code in codes
            ]
        )
        for template in templates:
            template.update_field_translations("name", {"zh_CN": "常规申领"})
        return dict(zip(codes, templates, strict=True))

    def ask(self, template, days_ago, code, outcome, urgent):
        head = self.staff["wardmanager"]
        nurse = self.staff["ward"] if code == "ICU" else head
        # Who asks does not approve: where the head asks, the administrator does.
        approver = head if nurse != head else self.staff["admin"]
        requisition = (
            self.env["med.requisition"]
            .with_user(nurse)
            .create(
                {
                    "department_id": self.departments[code].id,
                    "urgent": urgent,
                    "line_ids": [
                        Command.create(
                            {
                                "product_id": line.product_id.id,
                                "asked_qty": line.quantity,
                            }
                        )
                        for line in template.line_ids
                    ],
                }
            )
        )
        if outcome != "draft":
            requisition.action_ask()
        if outcome == "refused":
            requisition.with_user(approver)._refuse("上周已足量领用，先用现存")
        if outcome in ("approved", "issued", "received", "partly", "short"):
            requisition.with_user(approver).action_approve()
        if outcome in ("issued", "received", "partly", "short"):
            self._issue(requisition, partly=outcome == "partly")
        if outcome in ("received", "short"):
            self._receive(requisition.with_user(nurse), outcome == "short")
        self._date_back(requisition.sudo(), days_ago)

    def lend(self, lender, borrower):
        product, _quantity = next(self._usual(borrower, 1))
        shelf = self.departments[lender].stock_location_id
        free = self.env["stock.quant"]._get_available_quantity(product, shelf)
        if free < 1:
            return
        loan = (
            self.env["med.requisition"]
            .with_user(self.staff["ward"])
            .create(
                {
                    "department_id": self.departments[borrower].id,
                    "kind": "loan",
                    "lender_id": self.departments[lender].id,
                    "due_back": self.goods.moment(-2, 12).date(),
                    "line_ids": [
                        Command.create(
                            {"product_id": product.id, "asked_qty": min(free, 5)}
                        )
                    ],
                }
            )
        )
        loan.action_ask()  # the lender's manager finds it in the list

    def round(self):
        """The store picks what is approved and not issued in one walk."""
        waiting = self.env["med.requisition"].search(
            [("state", "in", ("approved", "partial")), ("kind", "=", "store")]
        )
        keeper = waiting.with_user(self.staff["store"]).with_context(lang="zh_CN")
        keeper.action_make_round()

    def pack(self, name, name_zh, code, categories, kept):
        """A template and two packs of it: one on the ward's shelf, one in the store."""
        found = [product for product, _quantity in self._usual(code, 3, categories)]
        if not found:
            return
        template = self.env["med.pack.template"].create(
            {
                "name": name,
                "company_id": self.departments[code].company_id.id,
                "department_id": self.departments[code].id,
                "packs_kept": kept,
                "line_ids": [
                    Command.create({"product_id": product.id, "quantity": 1})
                    for product in found
                ],
            }
        )
        template.update_field_translations("name", {"zh_CN": name_zh})
        packs = self.env["med.pack"].with_user(self.staff["store"])._fill(template, 2)
        packs.action_print()
        packs[0]._issue(self.departments[code])

    def _usual(self, code, count, categories=None):
        """(product, quantity) a ward uses most of what the store has enough of."""
        low = {item for _place, item in catalogue.RUNS_LOW}
        rows = [
            (item.use[code], self.products[item.code])
            for item in catalogue.items().values()
            if code in item.use
            and not item.direct
            and item.code not in low
            and item.code not in catalogue.STORE_RUNS_LOW
            and item.value_class == "low"
            and (not categories or item.category in categories)
        ]
        rows.sort(key=lambda row: (-row[0], row[1].default_code))
        enough = [row for row in rows if self.left[row[1]] >= 40 * count]
        for usual, product in enough[:count]:
            yield product, max(1, min(round(usual / 4), self.left[product] // 20))

    def _issue(self, requisition, partly):
        picking = requisition.with_user(self.staff["store"]).picking_ids
        for move in picking.move_ids if partly else ():
            move.quantity = max(1, int(move.quantity * 0.6))
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True).button_validate()

    def _receive(self, requisition, short):
        receipt = (
            requisition.env["med.requisition.receipt"]
            .with_context(default_requisition_id=requisition.id)
            .create({"reason": "推车上少一件" if short else False})
        )
        if short:
            receipt.line_ids[0].arrived_qty -= 1
        receipt.action_confirm()

    def _date_back(self, requisition, days_ago):
        """Everything of it took place on its day, one step after the other."""
        hours = {"asked_at": 8, "approved_at": 9, "issued_at": 11, "received_at": 14}
        requisition.write(
            {
                field: self.goods.moment(days_ago, hour, requisition.id % 50)
                for field, hour in hours.items()
                if requisition[field] and days_ago
            }
        )
        done = requisition.picking_ids.filtered(lambda p: p.state == "done")
        if done and days_ago:
            moment = self.goods.moment(days_ago, 11)
            done.move_ids.write({"date": moment})
            done.write({"date_done": moment})
