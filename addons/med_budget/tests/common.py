from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.addons.med_purchase.tests.common import PurchaseCase
from odoo.fields import Command
from odoo.tests import new_test_user
from odoo.tools.date_utils import end_of


class BudgetCase(PurchaseCase):
    """One approved budget of this year for the intensive care unit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.med_budget_missing = "block"
        cls.today = cls.company._med_day(fields.Datetime.now())
        cls.owner = new_test_user(
            cls.env, login="b_owner", groups="med_budget.group_budget_owner"
        )
        cls.budget = cls._budget([(cls.icu_centre, None, 1000.0)])
        cls.line = cls.budget.line_ids
        # Unit prices that taxes leave exact: 2.00 and 13 % are 2.26.
        cls.gloves.seller_ids.price = 2.0

    @classmethod
    def _budget(cls, lines, approve=True, **values):
        """A budget of (cost centre, category or None, planned) of this year."""
        budget = (
            cls.env["med.budget"]
            .with_user(cls.owner)
            .create(
                {
                    "name": "Consumables",
                    "company_id": cls.company.id,
                    "date_from": cls.today.replace(month=1, day=1),
                    "date_to": cls.today.replace(month=12, day=31),
                    "line_ids": [
                        Command.create(
                            {
                                "analytic_account_id": centre.id,
                                "categ_id": categ and categ.id,
                                "planned": planned,
                            }
                        )
                        for centre, categ, planned in lines
                    ],
                    **values,
                }
            )
        )
        if approve:
            budget.action_approve()
        return budget.with_user(cls.env.user)

    def _held_to_months(self, policy, now=100.0):
        """A budget with 10,000 that come later and ``now`` so far."""
        self.budget.with_user(self.owner).action_close()
        month = self.today.replace(day=1)
        budget = self._budget(
            [(self.icu_centre, None, 0.0)],
            approve=False,
            date_from=month,
            date_to=end_of(month + relativedelta(months=1), "month"),
            month_policy=policy,
        ).with_user(self.owner)
        first, later = budget.line_ids.month_ids.sorted("month")
        budget.line_ids.write(
            {
                "month_ids": [
                    Command.update(first.id, {"planned": now}),
                    Command.update(later.id, {"planned": 10_000.0}),
                ]
            }
        )
        budget.action_approve()
        return budget

    def _rfq(self, quantity=100, product=None, shares=None, **values):
        """A quotation of 2.26 a piece, taxes included, for the ICU."""
        line = values.pop("line", {})
        return (
            self.env["purchase.order"]
            .with_user(self.buyer)
            .create(
                {
                    "partner_id": self.vendor.id,
                    "picking_type_id": self.warehouse.in_type_id.id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": (product or self.gloves).id,
                                "product_qty": quantity,
                                "analytic_distribution": {
                                    str(self.icu_centre.id): 100.0
                                }
                                if shares is None
                                else shares,
                                **line,
                            }
                        )
                    ],
                    **values,
                }
            )
        )

    def _confirmed(self, quantity=100, **values):
        order = self._rfq(quantity, **values)
        order.button_confirm()
        self.assertEqual(order.state, "purchase")
        return order

    def _use(self, quantity, kind="use", days_ago=0, product=None, department=None):
        """Use of stock that cost 2.00 a piece, posted."""
        product = product or self.gloves
        department = department or self.icu
        Quant = self.env["stock.quant"]
        if product.standard_price != 2.0:
            product.standard_price = 2.0
        if kind == "use":
            Quant._update_available_quantity(
                product, department.stock_location_id, quantity
            )
        moment = fields.Datetime.subtract(fields.Datetime.now(), days=days_ago)
        line = self.env["med.consumption"]._record(
            [
                {
                    "department_id": department.id,
                    "product_id": product.id,
                    "quantity": quantity,
                    "kind": kind,
                    "event_time": moment,
                    "source": "test",
                    "external_key": f"{kind}-{product.id}-{days_ago}-{quantity}",
                }
            ]
        )
        line._post_pending([("id", "=", line.id)])
        self.assertEqual(line.state, "posted", line.incident_text)
        return line

    def _figures(self, line=None):
        line = line or self.line
        line.invalidate_recordset()
        line.budget_id.invalidate_recordset()
        names = ("requested", "ordered", "spent", "available")
        return tuple(round(line[name], 2) for name in names)
