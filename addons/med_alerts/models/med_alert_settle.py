import json

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

FIGURES = ("measured", "threshold", "base", "inputs", "checked_at")


class MedAlert(models.Model):
    """Alerts follow what was found: they worsen, ease and end."""

    _inherit = "med.alert"

    base = fields.Float(
        digits="Product Unit", readonly=True, help="100 % of a threshold in percent."
    )

    @api.model
    def _settle(self, rule, found, look, calls, since=None):
        """Make the alerts of ``rule`` agree with ``found``: ``[(Measure, level)]``.

        Returns the opened ones; puts whom people are to be called about into ``calls``.
        """
        known = self._known(rule, look)
        newer = known.filtered(lambda a: since and a.checked_at > since)
        by_key = {alert.subject_key: alert for alert in known}
        fresh, still, worse = [], {}, self.browse()
        for measure, level in found:
            alert = by_key.get(measure.key)
            if alert is None:
                fresh.append((measure, level))
                continue
            still[alert] = measure
            if alert not in newer and alert._follow(rule, measure, level):
                worse |= alert
        gone = known - self.union(*still) - newer
        gone._condition_ended()
        kept = {alert: each for alert, each in still.items() if alert not in newer}
        self._write_figures(kept)
        opened = self._open(rule, fresh)
        living = {alert: each for alert, each in kept.items() if not alert.lasting}
        self._see_what_is_ordered(
            rule, living | opened, set(opened) | set(worse), calls
        )
        return list(opened)

    @api.model
    def _known(self, rule, look):
        """Alerts of ``rule`` in ``look`` that live, or whose condition goes on."""
        domain = Domain("rule_id", "=", rule.id) & (
            Domain("state", "!=", "resolved") | Domain("lasting", "=", True)
        )
        if look.everything:
            return self.search(domain)
        if look.records is not None:
            return self.search(domain & Domain("subject_id", "in", list(look.records)))
        domain &= Domain("product_id", "in", list({pair[0] for pair in look.pairs}))
        domain &= Domain("location_id", "in", list({pair[1] for pair in look.pairs}))
        return self.search(domain).filtered(
            lambda alert: (alert.product_id.id, alert.location_id.id) in look.pairs
        )

    def _follow(self, rule, measure, level):
        """Take over a new level; returns whether somebody must be called again."""
        self.ensure_one()
        if self.level_id == level and self.severity == level.severity:
            return False
        kind = rule._kind_facts()
        before, base = self.level_id, measure.base
        worse = not before or level._strictness(base, kind.worse) > before._strictness(
            base, kind.worse
        )
        values = {"level_id": level.id, "severity": level.severity}
        if worse:
            values["snoozed_until"] = False
        engine = self.with_context(med_alert_engine=True)
        if worse and self.lasting:
            # It was called a false alarm when it was milder.
            engine._reopen({"level_id": level.id, "severity": level.severity})
        elif worse and not self.lasting:
            values["responsible_id"] = self._responsible_of(measure, level).id
            engine.write(values)
            engine._move("worse")
        else:
            engine.write(values)
        return worse

    def _write_figures(self, measures):
        """Figures change every day in most alerts: one statement for all of them."""
        if not measures:
            return
        self.flush_model()
        now = fields.Datetime.now()
        alerts = list(measures)
        self.env.cr.execute(
            SQL(
                """
                UPDATE med_alert alert SET measured = new.measured, base = new.base,
                    inputs = new.inputs::jsonb, threshold = new.threshold,
                    checked_at = greatest(alert.checked_at, %s)
                FROM unnest(
                    %s::int[], %s::float[], %s::float[], %s::float[], %s::text[]
                ) AS new (id, measured, base, threshold, inputs)
                WHERE alert.id = new.id
                """,
                now,
                [alert.id for alert in alerts],
                [measures[alert].measured for alert in alerts],
                [measures[alert].base for alert in alerts],
                [alert.level_id._limit(measures[alert].base) for alert in alerts],
                [json.dumps(measures[alert].inputs) for alert in alerts],
            )
        )
        written = self.union(*alerts)
        written.invalidate_recordset(FIGURES, flush=False)
        written.modified(FIGURES)  # what says the figures in words is stale, too

    def _condition_ended(self):
        """The condition has ended: close the alerts, and nobody need act."""
        self.filtered("lasting").write({"lasting": False})
        self._move("end")._finish_calls()
