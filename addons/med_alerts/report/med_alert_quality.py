from odoo import fields, models
from odoo.tools import SQL


class MedAlertQuality(models.Model):
    """One row per alert that spoke; a row bears the id of its alert.

    What a worse alert about the same shelf told has made no noise, and is left out.

    Says which rules earn their noise: how many alerts each person gets a day, how soon
    they are acknowledged and over, and which share was no reason to act.
    """

    _name = "med.alert.quality"
    _description = "Alert Quality"
    _auto = False
    _rec_name = "alert_id"
    _order = "opened_at desc, id desc"
    _depends = {
        "med.alert": [
            "acknowledged_at",
            "called_at",
            "company_id",
            "department_id",
            "dismissed",
            "escalation_step",
            "head_id",
            "in_work_at",
            "kind",
            "opened_at",
            "product_id",
            "reopen_count",
            "resolved_at",
            "responsible_id",
            "rule_id",
            "severity",
            "state",
        ]
    }

    alert_id = fields.Many2one("med.alert", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    rule_id = fields.Many2one("med.alert.rule", readonly=True)
    kind = fields.Selection(
        selection=lambda self: self._alert_selection("kind"), readonly=True
    )
    severity = fields.Selection(
        selection=lambda self: self._alert_selection("severity"), readonly=True
    )
    state = fields.Selection(
        selection=lambda self: self._alert_selection("state"), readonly=True
    )
    product_id = fields.Many2one("product.product", readonly=True)
    department_id = fields.Many2one("med.department", readonly=True)
    responsible_id = fields.Many2one("res.users", readonly=True)
    opened_at = fields.Datetime(readonly=True)
    alert_count = fields.Integer(string="Alerts", readonly=True)
    hours_to_act = fields.Float(
        string="Hours to Acknowledge",
        readonly=True,
        aggregator="avg",
        help="From the opening until somebody acknowledged it or went to work. "
        "Alerts that nobody has touched have none.",
    )
    hours_to_resolve = fields.Float(
        readonly=True,
        aggregator="avg",
        help="From the opening until the condition had ended. Open alerts have none.",
    )
    untouched = fields.Float(
        string="Share Nobody Touched",
        readonly=True,
        aggregator="avg",
        help="1: it ended by itself before anybody did anything.",
    )
    false_alarm = fields.Float(
        string="Share of False Alarms",
        readonly=True,
        aggregator="avg",
        help="1: closed by a person as no reason to act.",
    )
    escalated = fields.Float(
        string="Share Escalated",
        readonly=True,
        aggregator="avg",
        help="1: it had to go up to the next person.",
    )
    returns = fields.Integer(
        string="Times It Came Back", readonly=True, aggregator="sum"
    )

    def _alert_selection(self, name):
        return self.env["med.alert"]._fields[name]._description_selection(self.env)

    def action_open_alert(self):
        self.ensure_one()
        return self.alert_id.get_formview_action()

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT alert.id, alert.id AS alert_id, alert.company_id, alert.rule_id,
                   alert.kind, alert.severity, alert.state, alert.product_id,
                   alert.department_id, alert.responsible_id, alert.opened_at,
                   alert.reopen_count AS returns, 1 AS alert_count,
                   EXTRACT(EPOCH FROM
                       LEAST(alert.acknowledged_at, alert.in_work_at) - alert.opened_at
                   ) / 3600 AS hours_to_act,
                   EXTRACT(EPOCH FROM alert.resolved_at - alert.opened_at) / 3600
                       AS hours_to_resolve,
                   (alert.state = 'resolved'
                    AND alert.acknowledged_at IS NULL
                    AND alert.in_work_at IS NULL)::int::float AS untouched,
                   COALESCE(alert.dismissed, FALSE)::int::float AS false_alarm,
                   (COALESCE(alert.escalation_step, 0) > 0)::int::float AS escalated
              FROM med_alert alert
             WHERE alert.head_id IS NULL OR alert.called_at IS NOT NULL
            """
        )
