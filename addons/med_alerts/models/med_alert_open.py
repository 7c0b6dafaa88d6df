from datetime import timedelta

from psycopg2.errors import UniqueViolation
from psycopg2.extras import Json

from odoo import api, fields, models
from odoo.addons.med_consumables.models.rows import insert_rows
from odoo.fields import Domain
from odoo.tools import mute_logger

#: What an alert that comes back forgets of its last life.
OF_ONE_LIFE = (
    "resolved_at",
    "acknowledged_at",
    "acknowledged_by_id",
    "in_work_at",
    "stepped_at",
    "covered",
    "dismissed",
    "lasting",
)


class MedAlert(models.Model):
    """Alerts are opened, or opened again where the last one ended a short while ago.

    The first night of a hospital opens tens of thousands at once, so that they are
    inserted together; the database holds one open alert per rule and subject.
    """

    _inherit = "med.alert"

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
            & Domain("resolved_at", ">", since)
            & Domain("subject_key", "in", keys),
            order="resolved_at, id",
        )
        return {alert.subject_key: alert for alert in ended}

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
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                return self._insert(values)
        except UniqueViolation:
            if len(values) == 1:
                return self.browse()
            middle = len(values) // 2
            return self._create_unless_open(values[:middle]) | self._create_unless_open(
                values[middle:]
            )

    @api.model
    def _insert(self, values):
        """Insert alerts of one rule by one statement.

        Nobody follows an alert that has just been born and nothing is logged about it:
        whoever is called becomes a follower, and what changes afterwards is tracked.
        """
        names = dict.fromkeys(name for row in values for name in row)
        rows = [
            {**{name: row.get(name) for name in names}, "inputs": Json(row["inputs"])}
            for row in values
        ]
        rule = self.env["med.alert.rule"].browse(values[0]["rule_id"])
        return insert_rows(self, rows, {"kind": rule.kind})
