from datetime import datetime, timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user


class ConsumablesCase(TransactionCase):
    """A ward with gloves on its shelf, a cost centre, and people."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.partner_id.tz = "Asia/Shanghai"
        cls.plan = cls.env["account.analytic.plan"].create({"name": "Cost centres"})
        cls.company.med_analytic_plan_id = cls.plan
        cls.expense = cls.env["account.account"].create(
            {
                "name": "Consumables used",
                "code": "MED501",
                "account_type": "expense",
            }
        )
        cls.company.med_consumption_account_id = cls.expense
        cls.icu = cls._department("ICU", "Intensive Care")
        cls.er = cls._department("ER", "Emergency")
        cls.category = cls.env["product.category"].create(
            {"name": "Gloves", "property_cost_method": "average"}
        )
        cls.gloves = cls._product("Gloves")
        cls.now = fields.Datetime.now().replace(microsecond=0)

    @classmethod
    def _department(cls, code, name, **values):
        account = cls.env["account.analytic.account"].create(
            {"name": name, "code": code, "plan_id": cls.plan.id}
        )
        return cls.env["med.department"].create(
            {"code": code, "name": name, "analytic_account_id": account.id, **values}
        )

    @classmethod
    def _product(cls, name, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "is_storable": True,
                "tracking": "lot",
                "use_expiration_date": True,
                "categ_id": cls.category.id,
                "standard_price": 2.5,
                "med_consumable": True,
                **values,
            }
        )

    @classmethod
    def _lot(cls, name, days=365, product=None):
        return cls.env["stock.lot"].create(
            {
                "name": name,
                "product_id": (product or cls.gloves).id,
                "expiration_date": fields.Datetime.now() + timedelta(days=days),
            }
        )

    @classmethod
    def _stock(cls, quantity, lot=None, department=None, product=None):
        cls.env["stock.quant"]._update_available_quantity(
            product or cls.gloves,
            (department or cls.icu).stock_location_id,
            quantity,
            lot_id=lot,
        )

    def _report(self, quantity, key="1", **values):
        return {
            "department_id": self.icu.id,
            "product_id": self.gloves.id,
            "quantity": quantity,
            "kind": "use",
            "event_time": self.now - timedelta(hours=1),
            "source": "his:TEST",
            "external_key": key,
            **values,
        }

    def _use(self, quantity, key="1", **values):
        return self.env["med.consumption"]._record(
            [self._report(quantity, key, **values)]
        )

    def _post(self):
        return self.env["med.consumption"]._post_pending()

    def _on_hand(self, lot=None, department=None):
        return self.env["stock.quant"]._get_available_quantity(
            self.gloves,
            (department or self.icu).stock_location_id,
            lot_id=lot,
            strict=bool(lot),
        )

    def _picking(
        self,
        quantity,
        source,
        destination,
        lot=None,
        product=None,
        user=None,
        **values,
    ):
        """A transfer in draft between two places; of a lot, that is picked already."""
        places = {"location_id": source.id, "location_dest_id": destination.id}
        what = {"product_id": (product or self.gloves).id, **places}
        move = {**what, "product_uom_qty": quantity}
        if lot:
            part = {**what, "lot_id": lot.id, "quantity": quantity, "picked": True}
            move |= {"picked": True, "move_line_ids": [Command.create(part)]}
        pickings = self.env["stock.picking"].with_user(user or self.env.user)
        return pickings.create(
            {
                "picking_type_id": self.icu.warehouse_id.int_type_id.id,
                **places,
                "move_ids": [Command.create(move)],
                **values,
            }
        )

    @classmethod
    def _user(cls, login, groups, departments=()):
        return new_test_user(
            cls.env,
            login=login,
            groups=groups,
            med_department_ids=[Command.set([d.id for d in departments])],
        )

    @staticmethod
    def _utc(text):
        return datetime.strptime(text, "%Y-%m-%d %H:%M")
