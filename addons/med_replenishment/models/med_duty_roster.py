from datetime import timedelta

import numpy as np

from odoo import api, fields, models

from ..core.duty_roster import MEMORY, duty_factor, try_roster
from ..core.forecast import weekly_use

#: Weeks on which the roster is tried.
TRIED_WEEKS = 52


class MedDutyRoster(models.Model):
    """How many people a department has on duty on a day, past and planned."""

    _name = "med.duty.roster"
    _description = "People on Duty"
    _order = "date desc, department_id"
    _rec_name = "department_id"
    _check_company_auto = True

    company_id = fields.Many2one(
        related="department_id.company_id", store=True, precompute=True
    )
    department_id = fields.Many2one(
        "med.department",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    date = fields.Date(required=True)
    people = fields.Float(
        string="On Duty",
        required=True,
        digits=(16, 1),
        help="People, shifts or operating tables: what drives the department's use.",
    )

    _day_uniq = models.Constraint(
        "unique(department_id, date)", "A department has one row a day."
    )
    _people_positive = models.Constraint(
        "CHECK(people >= 0 AND people < 10000)",
        "People on duty are from 0 to 9999.",
    )

    @api.model
    def _factors_of(self, orderpoints, departments, daily, unseen, until, days):
        """What the roster says of the days ahead: ``(factors, tests)``, (orderpoints,).

        One where no roster is known or where it does not help, which a back-test on the
        item's own past decides.
        """
        factor = np.ones(len(orderpoints))
        known = self._weekly_duty(
            {department.id for department in departments if department}, until
        )
        rows = [row for row, dep in enumerate(departments) if dep and dep.id in known]
        if not rows:
            return factor, {}
        weekly = weekly_use(daily[rows], unseen[rows])[:, -TRIED_WEEKS:]
        duty = np.stack([known[departments[row].id] for row in rows])
        tested = try_roster(weekly, duty[:, -weekly.shape[1] :])
        ahead = self._duty_ahead(departments, rows, until, days)
        now = duty_factor(duty[:, -MEMORY:], ahead)
        used = tested.helps & np.isfinite(now)
        factor[rows] = np.where(used, now, 1.0)
        return factor, {
            row: (float(tested.without[i]), float(tested.with_roster[i]))
            for i, row in enumerate(rows)
            if np.isfinite(tested.without[i]) and tested.weeks
        }

    @api.model
    def _weekly_duty(self, departments, until):
        """People-days a week: ``{department id: (weeks,)}``, NaN where a day lacks."""
        start = until - timedelta(days=7 * TRIED_WEEKS - 1)
        rows = self.search_fetch(
            [
                ("department_id", "in", list(departments)),
                ("date", ">=", start),
                ("date", "<=", until),
            ],
            ["department_id", "date", "people"],
        )
        days = {}
        for row in rows:
            known = days.setdefault(
                row.department_id.id, np.full(7 * TRIED_WEEKS, np.nan)
            )
            known[(row.date - start).days] = row.people
        return {id_: known.reshape(-1, 7).sum(1) for id_, known in days.items()}

    @api.model
    def _duty_ahead(self, departments, rows, until, days):
        """People-days a week planned for the days to cover, (rows,); NaN if unknown."""
        planned = {}
        for row in self.search_fetch(
            [
                ("department_id", "in", [departments[row].id for row in rows]),
                ("date", ">", until),
            ],
            ["department_id", "date", "people"],
        ):
            place = (row.date - until).days
            planned.setdefault(row.department_id.id, {})[place] = row.people
        ahead = np.full(len(rows), np.nan)
        for i, row in enumerate(rows):
            horizon = max(int(days[row]), 1)
            known = [
                people
                for place, people in planned.get(departments[row].id, {}).items()
                if place <= horizon
            ]
            if len(known) >= horizon / 2:
                ahead[i] = 7 * sum(known) / len(known)
        return ahead
