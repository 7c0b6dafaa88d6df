from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..core.feed_line import ABOUT_PEOPLE, FIELDS


class MedHisColumn(models.Model):
    """The name that a sender gives to a field of a plain line."""

    _name = "med.his.column"
    _description = "Interface Column"
    _order = "channel_id, id"

    channel_id = fields.Many2one(
        "med.his.channel", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    field = fields.Selection(
        selection="_selection_field", string="Field", required=True
    )
    name = fields.Char(string="Their Name", required=True)

    _field_uniq = models.Constraint(
        "unique(channel_id, field)", "This field is mapped already."
    )

    @api.constrains("name")
    def _check_people(self):
        """A name must not become a lot, which is kept for good and shown."""
        for column in self:
            if ABOUT_PEOPLE.search(column.name):
                raise ValidationError(
                    self.env._(
                        "The column %(name)s is about the patient, and is never read.",
                        name=column.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        columns = super().create(vals_list)
        columns._log_change("+")
        return columns

    def write(self, vals):
        result = super().write(vals)
        self._log_change("=")
        return result

    def unlink(self):
        self._log_change("-")
        return super().unlink()

    def _log_change(self, sign):
        """On the audit trail: what is read where from now on."""
        self.env["med.his.event"]._log_records(
            "map", self, lambda one: f"{sign} column {one.field}: {one.name}"
        )

    def _selection_field(self):
        words = {
            "id": self.env._("Number of the line"),
            "kind": self.env._("Use or return"),
            "item": self.env._("Code of the item"),
            "quantity": self.env._("Quantity"),
            "unit": self.env._("Unit"),
            "lot": self.env._("Lot"),
            "expiry": self.env._("Last day of use"),
            "serial": self.env._("Serial"),
            "udi": self.env._("UDI"),
            "department": self.env._("Code of the department"),
            "location": self.env._("Ward, room or bed"),
            "time": self.env._("When it was used"),
            "visit": self.env._("Number of the visit"),
            "record": self.env._("Number of the medical record"),
            "reverses": self.env._("Number of the line taken back"),
            "charged": self.env._("Amount charged for the line"),
            "price": self.env._("Amount charged for one piece"),
            "currency": self.env._("Currency of the amounts"),
        }
        return [(name, words[name]) for name in FIELDS]
