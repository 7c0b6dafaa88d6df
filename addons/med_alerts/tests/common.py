from datetime import timedelta

from odoo import fields
from odoo.tests import TransactionCase, new_test_user


class AlertsCase(TransactionCase):
    """A store, two wards and a few items, with the rule that comes with the addon."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": False})
        # Other reorder rules of the database are not this test's business.
        cls.env["stock.warehouse.orderpoint"].search([]).active = False
        cls.rule = cls.env.ref("med_alerts.alert_rule_reorder_point")
        cls.head_of_icu = new_test_user(
            cls.env, "head_of_icu", groups="med_consumables.group_ward_manager"
        )
        cls.head_of_store = new_test_user(
            cls.env, "head_of_store", groups="med_consumables.group_storekeeper"
        )
        cls.store = cls._department(
            "Test store", "T-STORE", kind="store", manager_id=cls.head_of_store.id
        )
        cls.icu = cls._department("Test ICU", "T-ICU", manager_id=cls.head_of_icu.id)
        cls.dialysis = cls._department("Test dialysis", "T-DIAL")
        cls.gloves = cls._product("Test gloves")

    @classmethod
    def _department(cls, name, code, **values):
        warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.env.company.id)], limit=1
        )
        # A database may have a store department for this warehouse already.
        if values.get("kind") == "store":
            warehouse.lot_stock_id.flush_recordset()
            values["stock_location_id"] = (
                cls.env["stock.location"]
                .create({"name": name, "location_id": warehouse.lot_stock_id.id})
                .id
            )
            cls.env["med.department"].search([("kind", "=", "store")]).active = False
        return cls.env["med.department"].create({"name": name, "code": code, **values})

    @classmethod
    def _product(cls, name, **values):
        return cls.env["product.product"].create(
            {"name": name, "is_storable": True, "med_consumable": True, **values}
        )

    def _orderpoint(self, minimum, maximum=None, product=None, department=None):
        return self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": (product or self.gloves).id,
                "location_id": (department or self.icu).stock_location_id.id,
                "product_min_qty": minimum,
                "product_max_qty": maximum or max(2 * minimum, 1),
            }
        )

    def _stock(self, quantity, product=None, department=None, place=None, lot=None):
        """Add ``quantity`` to what lies on the shelf."""
        self.env["stock.quant"]._update_available_quantity(
            product or self.gloves,
            place or (department or self.icu).stock_location_id,
            quantity,
            lot_id=lot,
        )

    def _use(self, quantity, product=None, department=None, key="1", **values):
        return self.env["med.consumption"]._record(
            [
                {
                    "department_id": (department or self.icu).id,
                    "product_id": (product or self.gloves).id,
                    "quantity": quantity,
                    "kind": "use",
                    "event_time": fields.Datetime.now() - timedelta(hours=1),
                    "source": "test",
                    "external_key": key,
                    **values,
                }
            ]
        )

    def _evaluate(self, **kwargs):
        return self.env["med.alert"]._evaluate(self.rule, **kwargs)

    def _alert(self, orderpoint):
        """The open alert about ``orderpoint``, or an empty recordset."""
        return self.env["med.alert"].search(
            [("orderpoint_id", "=", orderpoint.id), ("state", "!=", "resolved")]
        )

    def _history(self, orderpoint):
        return self.env["med.alert"].search([("orderpoint_id", "=", orderpoint.id)])
