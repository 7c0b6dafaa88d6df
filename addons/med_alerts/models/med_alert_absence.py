from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools import format_date, ormcache


class MedAlertAbsence(models.Model):
    """Somebody is away, and a deputy acts on the alerts of these days.

        to_come ──> now ──> over

    With the first day the open alerts go to the deputy, and new ones come there. After
    the last day, or by the button, they come back, but for those that the deputy has
    taken up: what the deputy has begun the deputy ends.
    """

    _name = "med.alert.absence"
    _description = "Absence"
    _order = "date_from desc, id desc"
    _rec_name = "user_id"

    user_id = fields.Many2one(
        "res.users",
        string="Away",
        required=True,
        index=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
    )
    date_from = fields.Date(
        string="From", required=True, default=fields.Date.context_today
    )
    date_to = fields.Date(string="To", required=True, help="The last day of absence.")
    deputy_id = fields.Many2one(
        "res.users", required=True, domain="[('share', '=', False)]"
    )
    note = fields.Char()
    alert_ids = fields.Many2many(
        "med.alert", string="Handed Over", readonly=True, copy=False
    )
    alert_count = fields.Integer(
        string="Alerts Handed Over", compute="_compute_alert_count"
    )
    handed_to_id = fields.Many2one(
        "res.users",
        readonly=True,
        copy=False,
        help="Who has got the open alerts: the deputy, or who stands in for a deputy "
        "who is away too.",
    )
    ended = fields.Boolean(
        readonly=True, copy=False, help="The person is back, and so are their alerts."
    )
    state = fields.Selection(
        [("to_come", "To Come"), ("now", "Away Now"), ("over", "Over")],
        compute="_compute_state",
    )
    may_change = fields.Boolean(compute="_compute_may_change")

    _dates_in_order = models.Constraint(
        "CHECK(date_to >= date_from)", "The last day is not before the first."
    )
    _not_oneself = models.Constraint(
        "CHECK(deputy_id <> user_id)", "Nobody is their own deputy."
    )

    @api.depends("alert_ids")
    def _compute_alert_count(self):
        for absence in self:
            # How many they were is told also where not all of them may be seen.
            absence.alert_count = len(absence.sudo().alert_ids)

    @api.depends("user_id", "date_from", "date_to", "ended")
    def _compute_state(self):
        for absence in self:
            today = self._today_of(absence.user_id)
            over = absence.ended or (absence.date_to and absence.date_to < today)
            later = absence.date_from and absence.date_from > today
            absence.state = "over" if over else "to_come" if later else "now"

    @api.depends_context("uid")
    def _compute_may_change(self):
        allowed = self._filtered_access("write")
        for absence in self:
            absence.may_change = absence in allowed

    @api.constrains("deputy_id")
    def _check_deputy(self):
        for absence in self:
            if not absence.deputy_id.has_group("med_alerts.group_called"):
                raise ValidationError(
                    self.env._(
                        "%(deputy)s has no role in which alerts can be seen. Choose "
                        "another deputy, or have an administrator give the role.",
                        deputy=absence.deputy_id.name,
                    )
                )

    @api.constrains("user_id", "date_from", "date_to", "ended")
    def _check_overlap(self):
        for absence in self.filtered(lambda each: not each.ended):
            twin = self.search(
                [
                    ("id", "!=", absence.id),
                    ("ended", "=", False),
                    ("user_id", "=", absence.user_id.id),
                    ("date_from", "<=", absence.date_to),
                    ("date_to", ">=", absence.date_from),
                ],
                limit=1,
            )
            if twin:
                raise ValidationError(
                    self.env._(
                        "%(person)s is already away from %(start)s to %(end)s. "
                        "Change that absence instead.",
                        person=absence.user_id.name,
                        start=format_date(self.env, twin.date_from),
                        end=format_date(self.env, twin.date_to),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        absences = super().create(vals_list)
        absences._deputies_changed()
        return absences

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"user_id", "deputy_id", "date_from", "date_to", "ended"}:
            self._deputies_changed()
        return result

    def unlink(self):
        self.check_access("unlink")
        self._give_back()
        return super().unlink()

    def action_end(self):
        """The person is back before the last day."""
        self.check_access("write")
        self._give_back()

    def action_view_alerts(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_alerts.med_alert_action"
        )
        action["domain"] = [("id", "in", self.sudo().alert_ids.ids)]
        action["context"] = {}
        return action

    @api.model
    def _today_of(self, person):
        """The day in the person's hospital, whoever asks: a job has no time zone."""
        company = person.company_id or self.env.company
        return company._med_day(fields.Datetime.now())

    @api.model
    @ormcache("day")
    def _deputies(self, day):
        """Who acts for whom on ``day``: ``{user id: user id}``.

        A deputy who is away too is replaced in turn; where that leads round in a
        circle nobody is left, and the person keeps their alerts.
        """
        # Every alert may depend on anybody's absence.
        away = self.sudo().search(
            [
                ("ended", "=", False),
                ("date_from", "<=", day),
                ("date_to", ">=", day),
            ]
        )
        direct = {absence.user_id: absence.deputy_id for absence in away}
        return {person.id: self._last_deputy(person, direct).id for person in direct}

    @api.model
    def _last_deputy(self, person, direct):
        seen = {person}
        deputy = direct[person]
        while deputy in direct:
            if deputy in seen:
                return person
            seen.add(deputy)
            deputy = direct[deputy]
        return deputy if deputy.active else person

    def _deputies_changed(self):
        """Who acts for whom is asked anew, and what is open now is handed over soon."""
        self.env.registry.clear_cache()
        self.env.ref("med_alerts.ir_cron_hand_over").sudo()._trigger()

    # ---- alerts go and come back -----------------------------------------------------

    @api.model
    def _cron_hand_over(self):
        """Alerts go to the deputy where an absence has begun, or has another deputy
        now; they come back where it is over.
        """
        going_on = self.search([("ended", "=", False)])
        today = {absence: self._today_of(absence.user_id) for absence in going_on}
        over = going_on.filtered(lambda absence: absence.date_to < today[absence])
        over._give_back()
        here = going_on - over
        for absence in here.filtered(lambda each: each.date_from <= today[each]):
            deputies = self._deputies(today[absence])
            deputy = self.env["res.users"].browse(deputies[absence.user_id.id])
            if deputy not in (absence.user_id, absence.handed_to_id):
                absence._hand_over_to(deputy)

    def _hand_over_to(self, deputy):
        self.ensure_one()
        if self.handed_to_id:
            alerts = self._given_away()
        else:
            alerts = self._unresolved_of(self.user_id)
        alerts.responsible_id = deputy
        self.write({"handed_to_id": deputy.id, "alert_ids": [Command.set(alerts.ids)]})

    def _give_back(self):
        """The person is back: what the deputy has not taken up comes back to them."""
        going_on = self.filtered(lambda absence: not absence.ended)
        # Ended first: from now on nobody stands in for them.
        going_on.sudo().ended = True
        for absence in going_on.filtered("handed_to_id"):
            alerts = absence._given_away()
            theirs = alerts.filtered(
                lambda alert, absence=absence: not absence._was_taken_up(alert)
            )
            theirs.responsible_id = absence.user_id

    def _was_taken_up(self, alert):
        """Whether the deputy has begun with it, and had better end it."""
        if alert.acknowledged_by_id == self.handed_to_id:
            return True
        company = alert.company_id or self.env.company
        begun = alert.in_work_at and not alert.covered
        return begun and company._med_day(alert.in_work_at) >= self.date_from

    def _given_away(self):
        """What the deputy has and would be the person's: handed over, or new since."""
        self.ensure_one()
        handed = self.sudo().alert_ids
        return (
            self._unresolved_of(self.handed_to_id)
            ._knowing_stores()
            .filtered(lambda alert: alert in handed or alert._meant_for(self.user_id))
        )

    @api.model
    def _unresolved_of(self, person):
        # Whoever leaves or comes back need not see all that is theirs.
        alerts = self.env["med.alert"].sudo()
        return alerts.search(
            [("responsible_id", "=", person.id), ("state", "!=", "resolved")]
        )


class MedAlertOwner(models.AbstractModel):
    """Who acts for somebody who is away."""

    _inherit = "med.alert.owner"

    def _responsible_user(self, department, store, product=None, named=None):
        person = super()._responsible_user(department, store, product, named)
        if self.env.context.get("med_alert_in_person"):
            return person
        absences = self.env["med.alert.absence"]
        deputies = absences._deputies(absences._today_of(person))
        return person.browse(deputies.get(person.id, person.id))


class MedAlert(models.Model):
    _inherit = "med.alert"

    def _meant_for(self, person):
        """Whether it would be this person's if nobody were away."""
        self.ensure_one()
        in_person = self.with_context(med_alert_in_person=True)
        return in_person._responsible_by(in_person.level_id) == person
