from odoo import api, models


class MedAlert(models.Model):
    """Who acts on an alert, before it exists and after."""

    _inherit = "med.alert"

    @api.model
    def _responsible_of(self, measure, level):
        values = measure.values
        department = self.env["med.department"].browse(values.get("department_id"))
        return level._responsible_user(
            department,
            self._store_of(department),
            self.env["product.product"].browse(values.get("product_id")),
            self.env["res.users"].browse(measure.inputs.get("named_id")),
        )

    @api.model
    def _store_of(self, department):
        """The store department of the warehouse that supplies ``department``."""
        stores = self.env.context.get("med_alert_stores")
        if stores is None:
            stores = self._stores_by_warehouse()
        found = stores.get(department.warehouse_id.id, stores.get(None))
        return self.env["med.department"].browse(found or ())

    def _knowing_stores(self):
        """These alerts, to ask many of them for their store with one query."""
        # Who supplies a department is no secret to whoever sees its alert.
        stores = self.sudo()._stores_by_warehouse()
        return self.with_context(med_alert_stores=stores)

    @api.model
    def _stores_by_warehouse(self):
        """``{warehouse id: store department id}``; any of them under None."""
        stores = self.env["med.department"].search([("kind", "=", "store")])
        found = {store.warehouse_id.id: store.id for store in reversed(stores)}
        return found | {None: stores[:1].id}
