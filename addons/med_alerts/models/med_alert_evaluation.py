from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import mute_logger

from .med_alert_level import RANK

ACTIVITY = "med_alerts.mail_activity_type_alert"
#: What a finding may change in an open alert.
FIGURES = ("level_id", "measured", "threshold", "inputs")


class MedAlert(models.Model):
    """The engine: opens, worsens, eases and ends alerts.

    It runs as superuser, for all subjects at night and for those that a posting or
    transfer touched right after it. Two runs at once are harmless: the database holds
    one open alert per rule and subject, and who comes second leaves it to the first.
    """

    _inherit = "med.alert"

    @api.model
    def _evaluate(self, rules=None, subjects=None):
        """Measure the subjects and let the alerts follow; returns the opened ones.

        ``rules`` is a recordset, all active rules when None. ``subjects`` are pairs
        (product id, location id), everything when None.
        """
        if rules is None:
            rules = self.env["med.alert.rule"].search(Domain.TRUE)
        if subjects is not None:
            subjects = self._with_ancestors(subjects)
        opened = self.browse()
        for rule in rules:
            opened |= self._settle(rule, rule._find(subjects), subjects)
        return opened

    def _evaluate_again(self):
        """Measure the subjects of these alerts again."""
        for rule, alerts in self.grouped("rule_id").items():
            subjects = {(alert.product_id.id, alert.location_id.id) for alert in alerts}
            self._evaluate(rule, subjects)

    @api.model
    def _cron_evaluate(self):
        """Every night: all rules, each in a transaction of its own."""
        cron = self.env["ir.cron"]
        # An archived rule has no findings: its alerts end.
        every_rule = self.env["med.alert.rule"].with_context(active_test=False)
        rules = every_rule.search(Domain.TRUE)
        cron._commit_progress(remaining=len(rules))
        for rule in rules:
            self._evaluate(rule)
            if not cron._commit_progress(1):
                break

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

    @api.model
    def _settle(self, rule, findings, subjects):
        """Make the open alerts of ``rule`` agree with ``findings``."""
        open_alerts = self._open_alerts(rule, subjects)
        by_key = {alert.subject_key: alert for alert in open_alerts}
        stores = self._stores_by_warehouse()
        fresh, still, worse = [], self.browse(), self.browse()
        for finding in findings:
            alert = by_key.get(finding["subject_key"])
            if alert is None:
                fresh.append(finding)
                continue
            still |= alert
            if alert._follow(finding, stores):
                worse |= alert
        still.write({"checked_at": fields.Datetime.now()})
        worse._call_to_act()
        (open_alerts - still)._end()
        return self._open(rule, fresh, stores)

    @api.model
    def _open_alerts(self, rule, subjects):
        domain = Domain("rule_id", "=", rule.id) & Domain("state", "!=", "resolved")
        if subjects is None:
            return self.search(domain)
        domain &= Domain("product_id", "in", list({product for product, _ in subjects}))
        domain &= Domain("location_id", "in", list({place for _, place in subjects}))
        return self.search(domain).filtered(
            lambda alert: (alert.product_id.id, alert.location_id.id) in subjects
        )

    @api.model
    def _open(self, rule, findings, stores):
        """Open alerts for ``findings``, except those that another run has opened."""
        if not findings:
            return self.browse()
        values = [
            {
                **finding,
                "rule_id": rule.id,
                "severity": self._level_of(finding).severity,
                "responsible_id": self._responsible_of(finding, stores).id,
            }
            for finding in findings
        ]
        alerts = self._create_unless_open(values)
        alerts._call_to_act()
        return alerts

    @api.model
    def _create_unless_open(self, values):
        """Create alerts; where a twin is open already, leave that one out.

        A twin that another transaction is opening at this moment is invisible here:
        only the unique index sees it. The batch is then halved down to the twin.
        """
        quiet = self.with_context(mail_create_nosubscribe=True, mail_create_nolog=True)
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

    def _follow(self, finding, stores):
        """Take over new figures; returns whether somebody must be called again."""
        self.ensure_one()
        level = self._level_of(finding)
        worse = RANK[level.severity] > RANK[self.severity]
        values = {name: finding[name] for name in FIGURES}
        values["severity"] = level.severity
        if worse:
            values["responsible_id"] = self._responsible_of(finding, stores).id
            if self.state == "acknowledged":
                values["state"] = "open"
        changed = {
            name: value
            for name, value in values.items()
            if self._fields[name].convert_to_write(self[name], self) != value
        }
        if changed:
            self.with_context(med_alert_engine=True).write(changed)
        return worse

    def _end(self):
        """The condition has ended: close the alert and what it asked people to do."""
        if not self:
            return
        self.write({"state": "resolved", "resolved_at": fields.Datetime.now()})
        self.activity_feedback([ACTIVITY])

    @api.model
    def _level_of(self, finding):
        return self.env["med.alert.level"].browse(finding["level_id"])

    @api.model
    def _responsible_of(self, finding, stores):
        department = self.env["med.department"].browse(finding.get("department_id"))
        warehouse = department.warehouse_id
        store = stores.get(warehouse, self.env["med.department"])
        return self._level_of(finding)._responsible_user(department, store)

    @api.model
    def _stores_by_warehouse(self):
        stores = self.env["med.department"].search([("kind", "=", "store")])
        return {store.warehouse_id: store for store in reversed(stores)}

    def _call_to_act(self):
        """One activity for the person responsible; an open one is brought up to date.

        It shows at once in the person's list of activities. No e-mail per alert: a
        bad night would send a hundred of them.
        """
        called = self.filtered("responsible_id")
        if not called:
            return
        quiet = called.with_context(mail_activity_quick_update=True)
        have = {
            activity.res_id: activity for activity in quiet.activity_search([ACTIVITY])
        }
        missing = self.env["mail.activity"]
        target = self._activity_target()
        rows = []
        for alert in quiet:
            values = alert._prepare_activity()
            if activity := have.get(alert.id, missing):
                activity.write(values)
            else:
                rows.append({**target, **values, "res_id": alert.id})
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(
            rows
        )

    def _prepare_activity(self):
        self.ensure_one()
        person = self.responsible_id
        spoken = self.with_context(lang=person.lang)
        today = fields.Date.context_today(self.with_context(tz=person.tz))
        return {
            "user_id": person.id,
            "summary": spoken.name,
            "date_deadline": today + timedelta(days=self.level_id.react_days),
        }

    def _activity_target(self):
        return {
            "activity_type_id": self.env.ref(ACTIVITY).id,
            "automated": True,
            "res_model_id": self.env["ir.model"]._get_id(self._name),
        }

    def _hand_over(self):
        """The person responsible was changed by hand: the activity goes along."""
        # Whoever hands over need not be the one to whom the activity belongs.
        alerts = self.sudo().filtered(lambda alert: alert.state != "resolved")
        alerts.filtered(lambda a: not a.responsible_id).activity_unlink([ACTIVITY])
        alerts._call_to_act()
