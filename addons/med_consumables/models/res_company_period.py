from odoo import fields, models

from ..core.period import accounting_day, start_of_day


class ResCompany(models.Model):
    """Which part of the books is closed."""

    _inherit = "res.company"

    med_closed_until = fields.Date(
        string="Stock Closed Until",
        readonly=True,
        help="Last day of the closed period: a month closing sets it. What is reported "
        "late for a closed day is booked on the first open day and keeps its own date.",
    )

    def _med_accounting_day(self, event_day):
        """The day on which what happened on ``event_day`` is booked."""
        self.ensure_one()
        return accounting_day(event_day, self.med_closed_until)

    def _med_accounting_time(self, moment):
        """``moment`` (naive UTC), or the start of the first open day after it."""
        self.ensure_one()
        day = self._med_day(moment)
        open_day = self._med_accounting_day(day)
        if open_day == day:
            return moment
        return start_of_day(open_day, self._med_time_zone())

    def _med_is_closed(self, moment):
        """Whether the day of ``moment`` (naive UTC) lies in a closed period."""
        self.ensure_one()
        day = self._med_day(moment)
        return bool(self.med_closed_until and day <= self.med_closed_until)
