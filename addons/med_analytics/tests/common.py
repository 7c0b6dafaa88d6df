from odoo import fields
from odoo.tests import TransactionCase, new_test_user


class ConsumptionCase(TransactionCase):
    """Two departments that use gloves and stents of two lots, at a known cost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.partner_id.tz = "Asia/Shanghai"
        cls.plan = cls.env["account.analytic.plan"].create({"name": "Cost centres"})
        cls.company.med_analytic_plan_id = cls.plan
        cls.icu = cls._department("TICU", "Intensive care")
        cls.er = cls._department("TER", "Emergency")
        cls.dressings = cls.env["product.category"].create(
            {"name": "Test gloves", "property_cost_method": "average"}
        )
        cls.implants = cls.env["product.category"].create(
            {"name": "Test stents", "property_cost_method": "average"}
        )
        cls.gloves = cls._item("=GLOVES", cls.dressings, 2.5, med_ved="E")
        cls.stent = cls._item(
            "STENT", cls.implants, 8000.0, med_value_class="high", med_implant=True
        )
        for department in cls.icu | cls.er:
            cls._stock(department, cls.gloves, 500)
            cls._stock(department, cls.stent, 10)

    @classmethod
    def _department(cls, code, name, **values):
        cost_centre = cls.env["account.analytic.account"].create(
            {"name": name, "plan_id": cls.plan.id, "company_id": cls.company.id}
        )
        return cls.env["med.department"].create(
            {
                "code": code,
                "name": name,
                "analytic_account_id": cost_centre.id,
                **values,
            }
        )

    @classmethod
    def _item(cls, code, category, cost, **values):
        return cls.env["product.product"].create(
            {
                "name": f"Item {code}",
                "default_code": code,
                "categ_id": category.id,
                "is_storable": True,
                "standard_price": cost,
                "med_consumable": True,
                **values,
            }
        )

    @classmethod
    def _stock(cls, department, product, quantity):
        cls.env["stock.quant"]._update_available_quantity(
            product, department.stock_location_id, quantity
        )

    @classmethod
    def _use(cls, department, product, quantity, when="2026-03-10 04:00", **values):
        """One recorded line of the ledger."""
        cls.key = getattr(cls, "key", 0) + 1
        return cls.env["med.consumption"]._record(
            [
                {
                    "department_id": department.id,
                    "product_id": product.id,
                    "quantity": quantity,
                    "kind": "use",
                    "event_time": fields.Datetime.to_datetime(
                        when + (":00" if len(when) == 16 else "")
                    ),
                    "source": "test",
                    "external_key": f"test/{cls.key}",
                    **values,
                }
            ]
        )

    @classmethod
    def _post(cls, lines):
        lines._post_pending(domain=[("id", "in", lines.ids)])
        return lines

    @classmethod
    def _person(cls, login, groups, departments=None):
        return new_test_user(
            cls.env,
            login,
            groups,
            med_department_ids=[
                fields.Command.set(departments.ids if departments else [])
            ],
        )

    def _report(self, *domain, user=None):
        """Rows of the report on the two test departments."""
        report = self.env["med.consumption.report"]
        if user:
            report = report.with_user(user)
        return report.search(
            [("department_id", "in", (self.icu | self.er).ids), *domain]
        )
