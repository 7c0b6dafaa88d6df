from datetime import timedelta

import numpy as np

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date

from ..core import business_case
from .med_replenishment_simulation import MONTH_WEEKS

#: Days before the months played that a rule of thumb looks at.
YEAR_DAYS = 365
#: More than this share of requests beside what was asked is told.
FAR_OFF = 0.01
#: A rule of thumb beyond this is a slip of the pen.
MOST_DAYS = 1000


class MedReplenishmentSimulation(models.Model):
    """What the past is compared with, and what came of the comparison, in words.

    Levels that this suite published within the months played have seen part of what
    they are played against. They are no fair comparison, so that what people had set
    before is the default; whoever asks for the levels of today is told how many of
    them were ours.
    """

    _inherit = "med.replenishment.simulation"

    baseline = fields.Selection(
        [
            ("before", "The levels before the first publication"),
            ("begin", "The levels in force when these months began"),
            ("days", "A rule of thumb: days of stock"),
            ("now", "The levels of today"),
        ],
        string="Compare with",
        required=True,
        default="before",
        help="Before the first publication stands what people had set. Levels that "
        "this suite published since have seen part of these months: they are no fair "
        "comparison.",
    )
    days_low = fields.Integer(
        string="Order at Days of Use",
        default=15,
        help="Of the use before the months that are played: of a year, or of as much "
        "of it as is known.",
    )
    days_top = fields.Integer(string="Order up to Days of Use", default=30)
    use_from = fields.Date(
        string="Use Known from",
        readonly=True,
        copy=False,
        help="The first day of the use that the rule of thumb was made of.",
    )
    left_out_count = fields.Integer(
        string="Left Out: No Levels to Compare", readonly=True, copy=False
    )
    hindsight_count = fields.Integer(
        string="Published within These Months", readonly=True, copy=False
    )
    equal_factor = fields.Float(
        string="Times the Levels Compared",
        readonly=True,
        copy=False,
        help="So many times as high they would serve as many requests as ours.",
    )
    baseline_text = fields.Text(
        string="Compared with", compute="_compute_baseline_text"
    )

    _days_range = models.Constraint(
        f"CHECK(days_low > 0 AND days_top > days_low AND days_top <= {MOST_DAYS})",
        "A rule of thumb orders at one day of use or more, and up to more than that, "
        "1000 days at most.",
    )

    @api.depends("baseline", "days_low", "days_top", "months", "left_out_count")
    @api.depends("hindsight_count", "date_from", "use_from", "state")
    @api.depends_context("lang")
    def _compute_baseline_text(self):
        for simulation in self:
            simulation.baseline_text = " ".join(simulation._tell_baseline())

    def _tell_baseline(self):
        """What the levels compared are, as sentences."""
        first_day = self.date_from or self._begin(self._today())
        begin = format_date(self.env, first_day)
        told = {
            "before": self.env._(
                "Compared with the minimum and maximum that people had set, before the "
                "first publication by this suite."
            ),
            "begin": self.env._(
                "Compared with the minimum and maximum in force on %(day)s, when these "
                "months began.",
                day=begin,
            ),
            "days": self._tell_rule_of_thumb(first_day),
            "now": self.env._("Compared with the minimum and maximum of today."),
        }
        sentences = [told[self.baseline]]
        if self.hindsight_count:
            sentences.append(
                self.env._(
                    "%(count)s of these levels were published by this suite within the "
                    "months played and have seen part of them: no fair comparison.",
                    count=self.hindsight_count,
                )
            )
        if self.left_out_count:
            sentences.append(
                self.env._(
                    "%(count)s reorder rules had no levels to compare with (a maximum "
                    "of zero) and are left out.",
                    count=self.left_out_count,
                )
            )
        return sentences

    def _tell_rule_of_thumb(self, begin):
        words = {"low": self.days_low, "top": self.days_top}
        if self.use_from:
            return self.env._(
                "Compared with a rule of thumb: order at %(low)s days of use, up to "
                "%(top)s days; the use is that of %(first)s until %(last)s.",
                first=format_date(self.env, self.use_from),
                last=format_date(self.env, begin - timedelta(days=1)),
                **words,
            )
        return self.env._(
            "Compared with a rule of thumb: order at %(low)s days of use, up to "
            "%(top)s days; the use is that before %(day)s, of a year at most.",
            day=format_date(self.env, begin),
            **words,
        )

    def _tell(self):
        """The business case in a few lines."""
        figure = {row.figure: row for row in self.figure_ids}
        value, fill = figure["inventory_value"], figure["fill"]
        lines = [
            self.env._(
                "%(rules)s reorder rules, %(begin)s to %(end)s.",
                rules=self.rule_count,
                begin=format_date(self.env, self.date_from),
                end=format_date(self.env, self.date_to),
            )
            + " "
            + self.baseline_text,
            self.env._(
                "Stock worth %(ours)s instead of %(compared)s (%(change)s); %(fill)s "
                "of requests served in full instead of %(before)s (%(points)s).",
                ours=value.ours_text,
                compared=value.today_text,
                change=value.change_text,
                fill=fill.ours_text,
                before=fill.today_text,
                points=fill.change_text,
            ),
            self._tell_asked(fill),
            self._tell_money(figure["total_cost"]),
            self._tell_same_service(figure["total_cost"]),
        ]
        return "\n".join(line for line in lines if line)

    def _tell_asked(self, fill):
        """Why our levels serve clearly more, or less, than was asked."""
        asked = f"{100 * self.service_level:g}"
        if fill.ours > self.service_level + FAR_OFF:
            return self.env._(
                "Asked were %(asked)s %%. More is served where it costs next to "
                "nothing, and because vital items, and each item by itself, have a "
                "least of their own.",
                asked=asked,
            )
        if fill.ours < self.service_level - FAR_OFF:
            return self.env._(
                "Asked were %(asked)s %%. Less is served because these months were "
                "harder than those that could be learned from.",
                asked=asked,
            )
        return ""

    def _tell_money(self, total):
        words = {"ours": total.ours_text, "compared": total.today_text}
        saved = self.currency_id.round(total.today - total.ours)
        words["difference"] = self.currency_id.format(abs(saved))
        if saved < 0:
            return self.env._(
                "Holding, ordering and expiry come to %(ours)s a year instead of "
                "%(compared)s: it costs %(difference)s more.",
                **words,
            )
        return self.env._(
            "Holding, ordering and expiry come to %(ours)s a year instead of "
            "%(compared)s: it saves %(difference)s.",
            **words,
        )

    def _tell_same_service(self, total):
        """What the levels compared would cost if they served as many requests."""
        if not self.equal_factor:
            return self.env._(
                "Even %(factor)s times as high, the levels compared would not serve as "
                "many requests.",
                factor=f"{business_case.MOST_TIMES:g}",
            )
        saved = self.currency_id.round(total.equal - total.ours)
        words = {
            "factor": f"{self.equal_factor:.2f}",
            "equal": total.equal_text,
            "difference": self.currency_id.format(abs(saved)),
        }
        if saved < 0:
            return self.env._(
                "At the same service, that is at %(factor)s times what they are, the "
                "levels compared would cost %(equal)s a year: ours cost "
                "%(difference)s more.",
                **words,
            )
        return self.env._(
            "At the same service, that is at %(factor)s times what they are, the "
            "levels compared would cost %(equal)s a year: ours save %(difference)s.",
            **words,
        )

    def _today(self):
        return self.company_id._med_day(fields.Datetime.now())

    def _begin(self, today):
        """The first day that is played."""
        return today - timedelta(days=7 * MONTH_WEEKS[self.months])

    def _levels_compared(self, orderpoints, inputs, today):
        """Minimum and maximum of the comparison, two arrays; none is a maximum of 0."""
        self.ensure_one()
        self.use_from = False
        if self.baseline == "days":
            daily = self._daily_use_before(inputs, today)
            return np.ceil(daily * self.days_low), np.ceil(daily * self.days_top)
        former, seen = self._former_levels(orderpoints, self._begin(today))
        self.hindsight_count = len(seen) if self.baseline == "now" else 0
        levels = [
            former.get(o.id, (o.product_min_qty, o.product_max_qty))
            for o in orderpoints
        ]
        return tuple(np.array(column, float) for column in zip(*levels, strict=True))

    def _daily_use_before(self, inputs, today):
        """Mean use a day before the months played, (orderpoints,): of a year, or of
        what is known of it, whose first day is kept."""
        days = 7 * MONTH_WEEKS[self.months]
        year = slice(-days - YEAR_DAYS, -days)
        seen = ~inputs.unseen[:, year]
        if seen.any():
            known = seen.shape[1] - int(seen.any(0).argmax())
            self.use_from = self._begin(today) - timedelta(days=known)
        used = np.where(seen, inputs.daily[:, year], 0).sum(1)
        return used / np.maximum(seen.sum(1), 1)

    def _former_levels(self, orderpoints, begin):
        """``{rule id: (minimum, maximum)}`` as they were, from what was published.

        A rule that is not in it has had its levels of today all along, as far as
        proposals know. Also returns the rules whose levels of today were published
        after ``begin``.
        """
        published = self.env["med.reorder.proposal"].search(
            [
                ("orderpoint_id", "in", orderpoints.ids),
                ("state", "in", ("published", "rolled_back")),
            ],
            order="published_at, id",
        )
        day_of = self.company_id._med_day
        former, seen = {}, set()
        for proposal in published:
            rule, undone = proposal.orderpoint_id, proposal.rolled_back_at
            replaced = proposal.current_min, proposal.current_max
            # What the first one replaced is the answer, unless it is asked what held
            # on a later day.
            former.setdefault(rule.id, replaced)
            if day_of(proposal.published_at) >= begin:
                if not undone and proposal._is_what_holds():
                    seen.add(rule.id)
            elif self.baseline == "begin":
                back = undone and day_of(undone) < begin
                ours = proposal.reorder_point, proposal.order_up_to
                former[rule.id] = replaced if back else ours
        return {} if self.baseline == "now" else former, seen

    def _with_levels(self, wanted, top):
        """Rows of those that can be compared; without a maximum nothing was held."""
        self.left_out_count = int((wanted & (top <= 0)).sum())
        played = np.flatnonzero(wanted & (top > 0))
        if not len(played):
            raise UserError(
                self.env._(
                    "None of these reorder rules had levels to compare with: their "
                    "maximum was zero. Compare with a rule of thumb instead."
                )
            )
        return played
