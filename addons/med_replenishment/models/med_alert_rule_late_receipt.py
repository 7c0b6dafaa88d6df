from odoo import fields, models
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
        told = self._lines_told_as_delay() if found else []
        if told:
            ours = self._deliveries_beyond(
                [one.values["subject_id"] for one in found], told
            )
            found = [one for one in found if one.values["subject_id"] in ours]
        yield from found

    def _lines_told_as_delay(self):
        """Ids of order lines that an alert tells of, by a rule in force."""
        # Whoever may see this rule: it is about what others tell already.
        rules = self.sudo().search([("kind", "=", "supplier_delay")])
        return [
            int(one.key.split()[-1]) for rule in rules for one, _level in rule._find()
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
