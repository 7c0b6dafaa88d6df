import json
from collections import defaultdict
from datetime import datetime, timedelta

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, mute_logger

from ..core.kind import Look
from ..core.schedule import is_due

#: What an alert that comes back forgets of its last life.
OF_ONE_LIFE = (
    "resolved_at",
    "acknowledged_at",
    "acknowledged_by_id",
    "in_work_at",
    "covered",
    "dismissed",
    "lasting",
)
NEVER = datetime(1, 1, 1)
#: A nightly run that does not come to its end leaves its calls to others after this.
CALLED_WITHIN = timedelta(minutes=30)
BATCH = 500
FIGURES = ("measured", "threshold", "base", "inputs", "checked_at")


class MedAlert(models.Model):
    """The engine: opens, worsens, eases and ends alerts.

    It runs as superuser, for all subjects at night and for those that a posting or
    transfer touched right after it. Two runs at once are harmless: the database holds
    one open alert per rule and subject, and who comes second leaves it to the first.
    """

    _inherit = "med.alert"

    base = fields.Float(
        digits="Product Unit", readonly=True, help="100 % of a threshold in percent."
    )

    @api.model
    def _evaluate(self, rules=None, subjects=None, records=None, since=None, at=None):
        """Measure the subjects and let the alerts follow; returns the opened ones.

        ``rules`` is a recordset, all active rules when None. ``subjects`` are pairs
        (product id, location id), ``records`` ids of what a paper kind watches;
        everything when both are None. Alerts that were checked after ``since`` are
        left alone: another run has newer figures of them. People are called now, or at
        the moment ``at``.
        """
        if rules is None:
            rules = self.env["med.alert.rule"].search(Domain.TRUE)
        look = self._look(subjects, records)
        self._flush_for_engine()
        opened, calls = [], defaultdict(list)
        engine = self.browse().with_context(
            med_alert_stores=self._stores_by_warehouse()
        )
        for rule in rules:
            opened += engine._settle(rule, rule._find(look), look, calls, since)
        engine._call_heads(look, calls, at)
        return self.browse([alert.id for alert in opened])

    @api.model
    def _call_heads(self, look, calls, at=None):
        """Call people about what was found: ``calls`` is ``{reason: [alert]}``.

        Only once all rules have had their say is it known which alert speaks for a
        shelf. A call at the moment ``at`` is kept in the alert, so that it is made
        also where this process does not live to see it.
        """
        for reason, alerts in calls.items():
            if at:
                loud = self.union(*alerts).filtered(
                    lambda alert: not (alert.head_id or alert.level_id.board_only)
                )
                loud.write({"call_at": at, "call_reason": reason})
        if at:
            return
        freed = self._gather(look) if look.records is None else self.browse()
        for reason, alerts in calls.items():
            asked = self.union(*alerts)
            freed -= asked
            asked.filtered(lambda alert: not alert.head_id)._call(reason)
        freed._take_over()

    @api.model
    def _look(self, subjects=None, records=None):
        if subjects is not None:
            subjects = frozenset(self._with_ancestors(subjects))
        if records is not None:
            records = frozenset(records)
        return Look(subjects, records)

    @api.model
    def _flush_for_engine(self):
        """Kinds read the database directly: let it see this transaction's writes."""
        self.env.flush_all()

    def _evaluate_again(self):
        """Measure the subjects of these alerts again."""
        for rule, alerts in self.grouped("rule_id").items():
            papers = alerts.filtered("subject_id")
            if papers:
                self._evaluate(rule, records=papers.mapped("subject_id"))
            stock = alerts - papers
            if stock:
                self._evaluate(
                    rule, {(each.product_id.id, each.location_id.id) for each in stock}
                )

    @api.model
    def _cron_evaluate(self):
        """Every night: all rules that are due, each in a transaction of its own."""
        with self.env["med.alert.touch"]._night():
            self._evaluate_everything()

    @api.model
    def _evaluate_everything(self):
        """All rules that are due, those first that have waited longest.

        It does not stop when the job's time for one go is over: what is not checked
        would be begun anew with each go, and the last rules would never have their
        turn. A run that is killed has left fewer rules to the next one.
        """
        cron = self.env["ir.cron"]
        # An archived rule has no findings: its alerts end.
        every_rule = self.env["med.alert.rule"].with_context(active_test=False)
        now = fields.Datetime.now()
        rules = every_rule.search(Domain.TRUE).filtered(
            lambda rule: (
                rule.every_days == 1 or is_due(rule.last_run_at, now, rule.every_days)
            )
        )
        rules = rules.sorted(lambda rule: rule.last_run_at or NEVER)
        cron._commit_progress(remaining=len(rules))
        with rules._stock_at_hand() as at_hand:
            for rule in at_hand:
                self._evaluate_nightly(rule, now)
                cron._commit_progress(1)
        self._call_after_the_night(now)

    @api.model
    def _evaluate_nightly(self, rule, since):
        """Check everything by ``rule``."""
        self._evaluate(rule, since=since, at=since + CALLED_WITHIN)
        rule.with_context(mail_notrack=True).last_run_at = since

    @api.model
    def _call_after_the_night(self, since):
        """All rules have had their say: call people about the heads, in batches.

        Where this does not come to its end, the job that calls who is due does it.
        """
        cron = self.env["ir.cron"]
        self._gather()._take_over()
        cron._commit_progress()
        due = Domain("state", "!=", "resolved") & Domain(
            "call_at", "=", since + CALLED_WITHIN
        )
        while alerts := self.search(due, limit=BATCH):
            alerts._call_due()
            cron._commit_progress()

    @api.model
    def _with_ancestors(self, subjects):
        """``subjects`` and the same products in every location above theirs.

        Stock on a shelf counts for the reorder rule of the store around it.
        """
        locations = self.env["stock.location"].browse({place for _, place in subjects})
        above = {
            location.id: [int(part) for part in location.parent_path.split("/") if part]
            for location in locations.exists()
        }
        return {
            (product, ancestor)
            for product, place in subjects
            for ancestor in above.get(place, (place,))
        }

    # ---- letting alerts follow what was found ----------------------------------------

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
        self.union(*alerts).invalidate_recordset(FIGURES, flush=False)

    def _condition_ended(self):
        """The condition has ended: close the alerts, and nobody need act."""
        self.filtered("lasting").write({"lasting": False})
        self._move("end")._finish_calls()

    @api.model
    def _open(self, rule, found):
        """Open alerts for what was found; ``{alert: Measure}`` of those opened.

        What ended a short while ago is opened again. What another run has opened in
        this moment is left to it.
        """
        if not found:
            return {}
        recent = self._recent(rule, [measure.key for measure, _level in found])
        again, fresh = {}, []
        for measure, level in found:
            alert = recent.get(measure.key)
            if alert is None:
                fresh.append((measure, level))
            elif alert._reopen({"level_id": level.id, "severity": level.severity}):
                again[alert] = measure
        self._write_figures(again)
        if "item_owner" in rule.level_ids.mapped("responsible"):
            ids = {measure.values.get("product_id") for measure, _level in fresh}
            self.env["product.product"].browse(ids - {None}).mapped("med_data_owner_id")
        values = [self._prepare(rule, measure, level) for measure, level in fresh]
        by_key = {measure.key: measure for measure, _level in fresh}
        created = self._create_unless_open(values)
        return again | {alert: by_key[alert.subject_key] for alert in created}

    @api.model
    def _recent(self, rule, keys):
        """The last alerts of these subjects that ended within the rule's hours."""
        since = fields.Datetime.now() - timedelta(hours=rule.reopen_hours)
        ended = self.search(
            Domain("rule_id", "=", rule.id)
            & Domain("state", "=", "resolved")
            & Domain("resolved_at", ">", since),
            order="resolved_at, id",
        )
        wanted = set(keys)
        return {
            alert.subject_key: alert for alert in ended if alert.subject_key in wanted
        }

    def _reopen(self, values):
        """Open a resolved alert again; False where a twin is open already."""
        self.ensure_one()
        afresh = dict.fromkeys(OF_ONE_LIFE, False)
        afresh["reopen_count"] = self.reopen_count + 1
        engine = self.with_context(med_alert_engine=True)
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                engine._move("return", **afresh, **values)
        except UniqueViolation:
            self.invalidate_recordset()
            return False
        return True

    @api.model
    def _prepare(self, rule, measure, level):
        return {
            "company_id": (rule.company_id or self.env.company).id,
            **measure.values,
            "rule_id": rule.id,
            "subject_key": measure.key,
            "level_id": level.id,
            "severity": level.severity,
            "measured": measure.measured,
            "base": measure.base,
            "threshold": level._limit(measure.base),
            "inputs": measure.inputs,
            "responsible_id": self._responsible_of(measure, level).id,
        }

    @api.model
    def _create_unless_open(self, values):
        """Create alerts; where a twin is open already, leave that one out.

        A twin that another transaction is opening at this moment is invisible here:
        only the unique index sees it. The batch is then halved down to the twin.
        """
        if not values:
            return self.browse()
        quiet = self.with_context(
            mail_create_nosubscribe=True, mail_create_nolog=True, mail_notrack=True
        )
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                return self.browse(quiet.create(values).ids)
        except UniqueViolation:
            if len(values) == 1:
                return self.browse()
            middle = len(values) // 2
            return self._create_unless_open(values[:middle]) | self._create_unless_open(
                values[middle:]
            )

    # ---- already ordered -------------------------------------------------------------

    @api.model
    def _see_what_is_ordered(self, rule, measures, loud, calls):
        """Whom to call: nobody where enough is on its way.

        ``measures`` are the living alerts, ``loud`` those opened or worse in this run.
        What is no longer on its way is open again, and somebody is called.
        """
        lost = set()
        if rule._kind_facts().covered:
            alerts = self.union(*measures)
            coming = alerts._coverage()
            for alert in alerts:
                measure = measures[alert]
                units = coming.get(alert.id, 0.0) * measure.per_unit
                covered = alert.level_id._is_covered(measure, units)
                if covered and not alert.covered:
                    alert.write({"covered": True, "call_at": False})
                    alert._move("ordered")
                elif alert.covered and not covered:
                    alert.covered = False
                    alert._move("not_ordered")
                    lost.add(alert)
            loud = {alert for alert in loud if not alert.covered}
        calls["opened"] += loud - lost
        calls["not_ordered"] += lost

    # ---- who acts --------------------------------------------------------------------

    @api.model
    def _responsible_of(self, measure, level):
        values = measure.values
        department = self.env["med.department"].browse(values.get("department_id"))
        return level._responsible_user(
            department,
            self._store_of(department),
            self.env["product.product"].browse(values.get("product_id")),
            self.env["res.users"].browse(measure.inputs.get("named_id")),
        )

    @api.model
    def _store_of(self, department):
        """The store department of the warehouse that supplies ``department``."""
        stores = self.env.context.get("med_alert_stores")
        if stores is None:
            stores = self._stores_by_warehouse()
        found = stores.get(department.warehouse_id.id, stores.get(None))
        return self.env["med.department"].browse(found or ())

    @api.model
    def _stores_by_warehouse(self):
        """``{warehouse id: store department id}``; any of them under None."""
        stores = self.env["med.department"].search([("kind", "=", "store")])
        found = {store.warehouse_id.id: store.id for store in reversed(stores)}
        return found | {None: stores[:1].id}
