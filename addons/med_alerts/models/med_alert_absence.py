from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import ormcache


class MedAlertAbsence(models.Model):
    """Somebody is away, and a deputy acts on the alerts of these days."""

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
    handed_over = fields.Boolean(
        readonly=True, help="The open alerts have gone to the deputy."
    )

    _dates_in_order = models.Constraint(
        "CHECK(date_to >= date_from)", "The last day is not before the first."
    )
    _not_oneself = models.Constraint(
        "CHECK(deputy_id <> user_id)", "Nobody is their own deputy."
    )

    @api.constrains("user_id", "date_from", "date_to")
    def _check_overlap(self):
        for absence in self:
            twin = self.search(
                [
                    ("id", "!=", absence.id),
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
                        start=twin.date_from,
                        end=twin.date_to,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.model
    @ormcache("day")
    def _deputies(self, day):
        """Who acts for whom on ``day``: ``{user id: user id}``.

        A deputy who is away too is replaced in turn; where that leads round in a
        circle nobody is left, and the person keeps their alerts.
        """
        # Every alert may depend on anybody's absence.
        away = self.sudo().search([("date_from", "<=", day), ("date_to", ">=", day)])
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

    @api.model
    def _cron_hand_over(self):
        """Absences that have begun: the open alerts go to the deputy, once."""
        today = fields.Date.context_today(self)
        begun = self.search(
            [
                ("handed_over", "=", False),
                ("date_from", "<=", today),
                ("date_to", ">=", today),
            ]
        )
        deputies = self._deputies(today)
        for absence in begun:
            alerts = self.env["med.alert"].search(
                [
                    ("responsible_id", "=", absence.user_id.id),
                    ("state", "!=", "resolved"),
                ]
            )
            alerts.responsible_id = deputies[absence.user_id.id]
            absence.handed_over = True
