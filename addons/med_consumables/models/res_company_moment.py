from datetime import UTC, datetime, time

from odoo import models


class ResCompany(models.Model):
    _inherit = "res.company"

    def _med_last_moment(self, day):
        """The last second of the hospital's calendar ``day``, as naive UTC.

        A label that says 2027-01-31 lets the piece be used on that day.
        """
        moment = datetime.combine(day, time(23, 59, 59), self._med_time_zone())
        return moment.astimezone(UTC).replace(tzinfo=None)
