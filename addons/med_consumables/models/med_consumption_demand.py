from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

#: The same use told by the other source as well, or one that waits for its twin.
NO_DEMAND = ("waiting", "matched")


class MedConsumption(models.Model):
    """Which lines say how much is used: each use once, however many tell of it."""

    _inherit = "med.consumption"

    @api.model
    def _demand_domain(self):
        return Domain("state", "not in", NO_DEMAND)

    @api.model
    def _demand_sql(self, alias):
        """The same for a query of our own; ``alias`` is the ledger's name in it."""
        return SQL("%s.state NOT IN %s", SQL.identifier(alias), NO_DEMAND)

    @api.model
    def _days_of_ledger(self, companies, days):
        """``{company id: days}`` that an average over ``days`` is taken of.

        Where the ledger is younger: of the days there are, one at least.
        """
        self.flush_model(["company_id", "event_time"])
        # One look into the index a company; to group millions of lines takes long.
        rows = self.env.execute_query(
            SQL(
                """
                SELECT company.id, (
                    SELECT min(line.event_time) FROM med_consumption line
                     WHERE line.company_id = company.id)
                  FROM res_company company WHERE company.id = ANY(%s)
                """,
                companies.ids,
            )
        )
        now = fields.Datetime.now()
        begin = now - timedelta(days=days)
        return {
            company: max((now - max(first or begin, begin)) / timedelta(days=1), 1.0)
            for company, first in rows
        }
