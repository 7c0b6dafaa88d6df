from odoo import fields, models
from odoo.addons.med_alerts.core.kind import Look
from odoo.tools import SQL


class MedAlertRule(models.Model):
    """One late order is one matter: the line that was promised tells of it.

    ``supplier_delay`` counts from the first promise, which nobody can move, and follows
    each order line; a delivery of nothing but such lines is left to it. Deliveries
    without an order (loans, samples, consignment) are watched as before, and all of
    them where no rule watches order lines.
    """

    _inherit = "med.alert.rule"

    def _measure_late_receipt(self, look):
        found = list(super()._measure_late_receipt(look))
        deliveries = [one.values["subject_id"] for one in found]
        told = self._lines_told_as_delay(deliveries) if found else []
        if told:
            ours = self._deliveries_beyond(deliveries, told)
            found = [one for one in found if one.values["subject_id"] in ours]
        yield from found

    def _lines_told_as_delay(self, deliveries):
        """Ids of order lines of ``deliveries`` (ids) that an alert tells of already."""
        # Whoever may see this rule: it is about what others tell already.
        rules = self.sudo().search([("kind", "=", "supplier_delay")])
        moves = rules.env["stock.picking"].browse(deliveries).move_ids
        look = Look(records=frozenset(moves.purchase_line_id.order_id.ids))
        return [
            int(one.key.split()[-1])
            for rule in rules
            for one, _level in rule._find(look)
        ]

    def _deliveries_beyond(self, deliveries, lines):
        """Of ``deliveries`` (ids) those with something late besides ``lines``."""
        self.env.cr.execute(
            SQL(
                """SELECT DISTINCT picking_id FROM stock_move
                    WHERE picking_id = ANY(%s)
                      AND state NOT IN ('draft', 'done', 'cancel')
                      AND coalesce(date_deadline, date) < %s
                      AND (purchase_line_id IS NULL OR purchase_line_id <> ALL(%s))""",
                deliveries,
                fields.Datetime.now(),
                lines,
            )
        )
        return {picking for (picking,) in self.env.cr.fetchall()}
