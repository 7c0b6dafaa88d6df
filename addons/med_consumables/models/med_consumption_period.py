from odoo import api, fields, models
from odoo.exceptions import UserError

#: Sources where a person enters the date. What comes late from a system or a device
#: that was offline is always taken: it happened.
BY_HAND = ("manual", "scrap")


class MedConsumption(models.Model):
    """When a use is booked: on its day, or on the first open day after a closing."""

    _inherit = "med.consumption"

    accounting_date = fields.Date(
        string="Booked on",
        compute="_compute_accounting_date",
        help="The day of the books. Later than the day of use where the use was "
        "reported after its month was closed.",
    )

    @api.depends("allocation_ids", "event_time", "company_id")
    def _compute_accounting_date(self):
        for line in self:
            company = line.company_id
            moves = line.allocation_ids.move_id
            moment = moves[:1].date or line.event_time
            line.accounting_date = moment and company._med_day(moment)

    @api.model_create_multi
    def create(self, vals_list):
        self._check_open_period(vals_list)
        return super().create(vals_list)

    @api.model
    def _check_open_period(self, vals_list):
        """Refuse what is entered by hand for a day whose period is closed."""
        by_hand = [
            vals
            for vals in vals_list
            if vals["source"] in BY_HAND and not vals.get("historical")
        ]
        for vals in by_hand:
            company = self.env["res.company"].browse(vals["company_id"])
            moment = fields.Datetime.to_datetime(vals["event_time"])
            if company._med_is_closed(moment):
                raise UserError(
                    self.env._(
                        "%(day)s lies in a closed period: stock of %(company)s is "
                        "closed until %(closed)s.\n"
                        "Record it with a date in the open period and say in the note "
                        "when it took place.",
                        day=company._med_day(moment),
                        company=company.name,
                        closed=company.med_closed_until,
                    )
                )
