from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Command

from ..core.data_quality import WEIGHTS, Check, score
from .med_data_fault import KINDS


class MedDataQuality(models.Model):
    """How good the data were on a day: of the hospital, a person or a department.

    One row is one day and one of these. The score is the weighted share of what was
    looked at and is in order (see ``core.data_quality``); its lines show each kind of
    fault with the numbers, and the list behind every number.
    """

    _name = "med.data.quality"
    _description = "Data Quality"
    _order = "day desc, scope, score"
    _rec_name = "day"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    day = fields.Date(required=True, readonly=True)
    scope = fields.Selection(
        [
            ("hospital", "Hospital"),
            ("person", "Responsible person"),
            ("department", "Department"),
        ],
        string="Of",
        required=True,
        readonly=True,
    )
    user_id = fields.Many2one("res.users", string="Responsible", readonly=True)
    department_id = fields.Many2one("med.department", readonly=True)
    subject = fields.Char(compute="_compute_subject")
    score = fields.Float(
        readonly=True,
        digits=(5, 1),
        aggregator="avg",
        help="100 × Σ weight × (1 − faulty ÷ looked at) ÷ Σ weight, over the kinds of "
        "fault that had something to look at.",
    )
    checked = fields.Integer(string="Looked At", readonly=True)
    faulty = fields.Integer(string="Faults", readonly=True)
    line_ids = fields.One2many("med.data.quality.line", "quality_id", readonly=True)

    _day_uniq = models.UniqueIndex(
        "(company_id, day, scope, COALESCE(user_id, 0), COALESCE(department_id, 0))",
        "This figure has been taken already.",
    )

    @api.depends("scope", "user_id", "department_id")
    @api.depends_context("lang")
    def _compute_subject(self):
        for quality in self:
            if quality.scope == "hospital":
                quality.subject = quality.company_id.display_name
            elif quality.scope == "person":
                quality.subject = quality.user_id.name or self.env._("Nobody")
            else:
                quality.subject = quality.department_id.display_name

    def action_view_faults(self):
        """The open faults of that day that make up this figure."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_data_fault_action"
        )
        action["domain"] = self._fault_domain()
        action["context"] = {"search_default_group_kind": 1}
        return action

    def _fault_domain(self):
        self.ensure_one()
        domain = self._open_on(self.company_id, self.day)
        if self.scope == "person":
            domain.append(("user_id", "=", self.user_id.id))
        elif self.scope == "department":
            domain.append(("department_id", "=", self.department_id.id))
        return domain

    @api.model
    def _open_on(self, company, day):
        return [
            ("company_id", "=", company.id),
            ("since", "<=", day),
            "|",
            ("until", "=", False),
            ("until", ">", day),
        ]

    @api.model
    def action_take(self):
        """Look at the data now; the figures of today are taken anew."""
        self.env["med.data.fault"].check_access("write")
        self._take(self.env.company)
        return self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_data_quality_action"
        )

    @api.model
    def _cron_take(self):
        for company in self.env["res.company"].search([("id", "!=", False)]):
            self._take(company)
            self.env["ir.cron"]._commit_progress(1)

    @api.model
    def _take(self, company):
        """Bring the list of faults up to date, then keep the figures of the day."""
        # Figures are taken by the house, for whoever may read them.
        self = self.sudo()  # noqa: PLW0642
        today = company._med_day(fields.Datetime.now())
        found, looked = self.env["med.data.check"]._run(company)
        self._keep_faults(company, today, found)
        return self._keep_figures(company, today, looked)

    @api.model
    def _keep_faults(self, company, today, found):
        Fault = self.env["med.data.fault"]
        known = Fault.search(
            [
                ("company_id", "=", company.id),
                "|",
                ("until", "=", False),
                ("accepted", "=", True),
            ]
        )
        by_key = {fault.key: fault for fault in known}
        mended = known.filtered(lambda f: not f.until and f.key not in found)
        mended.write({"until": today})
        known.filtered(lambda f: f.accepted and f.key not in found).write(
            {"accepted": False}  # mended since: if it comes back it counts again
        )
        Fault.create(
            [
                {**values, "company_id": company.id, "key": key, "since": today}
                for key, values in found.items()
                if key not in by_key
            ]
        )
        moved = defaultdict(Fault.browse)
        for key, fault in by_key.items():
            values = found.get(key)
            if values and not fault.until:
                now = (values["user_id"], values["department_id"])
                if now != (fault.user_id.id, fault.department_id.id):
                    moved[now] |= fault
        for (user, department), faults in moved.items():
            faults.write({"user_id": user, "department_id": department})

    @api.model
    def _keep_figures(self, company, today, looked):
        """One row for the hospital, each person and each department."""
        faulty = self._faulty(company, today)
        subjects = defaultdict(lambda: defaultdict(lambda: [0, 0]))
        for which, counts in enumerate((looked, faulty)):
            for (user, department), by_kind in counts.items():
                for kind, number in by_kind.items():
                    for subject in self._subjects(user, department):
                        subjects[subject][kind][which] += number
        self.search([("company_id", "=", company.id), ("day", "=", today)]).unlink()
        return self.create(
            [
                self._figures(company, today, subject, by_kind)
                for subject, by_kind in subjects.items()
            ]
        )

    @api.model
    def _faulty(self, company, today):
        """Open faults as the list shows them: ``{(user, department): {kind: n}}``."""
        groups = self.env["med.data.fault"]._read_group(
            self._open_on(company, today),
            ["user_id", "department_id", "kind"],
            ["__count"],
        )
        faulty = defaultdict(dict)
        for user, department, kind, number in groups:
            faulty[user.id, department.id][kind] = number
        return faulty

    @api.model
    def _subjects(self, user, department):
        subjects = [("hospital", False, False), ("person", user, False)]
        if department:
            subjects.append(("department", False, department))
        return subjects

    @api.model
    def _figures(self, company, today, subject, by_kind):
        scope, user, department = subject
        checks = [
            Check(kind, *by_kind[kind]) for kind, _label in KINDS if kind in by_kind
        ]
        return {
            "company_id": company.id,
            "day": today,
            "scope": scope,
            "user_id": user,
            "department_id": department,
            "score": score(checks) or 0.0,
            "checked": sum(check.checked for check in checks),
            "faulty": sum(check.faulty for check in checks),
            "line_ids": [
                Command.create(
                    {
                        "kind": check.kind,
                        "checked": check.checked,
                        "faulty": check.faulty,
                        "weight": WEIGHTS[check.kind],
                        "share": 100 * check.share,
                    }
                )
                for check in checks
            ],
        }
