from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    med_vault_two_persons = fields.Boolean(
        string="Two Persons Open the Vault",
        help="Whoever looks up whose visits these were needs the consent of another "
        "privacy officer first.",
    )
    med_vault_consent_hours = fields.Integer(
        string="Consent Holds For (Hours)",
        default=24,
        help="So long a question waits for its consent, and so long a consent waits to "
        "be used; it opens the vault once.",
    )

    @api.constrains("med_vault_consent_hours")
    def _check_med_vault_consent_hours(self):
        for company in self:
            if company.med_vault_consent_hours < 1:
                raise ValidationError(
                    self.env._("A consent to open the vault holds for an hour or more.")
                )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    med_vault_two_persons = fields.Boolean(
        related="company_id.med_vault_two_persons", readonly=False
    )
    med_vault_consent_hours = fields.Integer(
        related="company_id.med_vault_consent_hours", readonly=False
    )


class MedVaultAccess(models.Model):
    """Where policy asks for two persons: one officer asks, another one consents.

        asked ──consent──> granted ──open──> opened     once, and by who asked
          └─────refuse───> refused

    A question that nobody answered in time, and a consent that was not used in time,
    are worth nothing any more; whoever still needs to know asks again. Lines of several
    companies are opened as the strictest of them has it.
    """

    _inherit = "med.vault.access"

    state = fields.Selection(
        [
            ("asked", "Waits for Consent"),
            ("granted", "Consented"),
            ("refused", "Refused"),
            ("opened", "Opened"),
        ],
        required=True,
        readonly=True,
        default="opened",
    )
    valid_until = fields.Datetime(
        readonly=True, help="Until then it can be consented to, or opened."
    )
    consent_user_id = fields.Many2one(
        "res.users", string="Second Officer", readonly=True
    )
    consent_at = fields.Datetime(string="Answered At", readonly=True)
    needs_consent = fields.Boolean(compute="_compute_needs_consent")
    is_too_late = fields.Boolean(
        string="Too Late", compute="_compute_is_too_late", search="_search_is_too_late"
    )
    may_answer = fields.Boolean(compute="_compute_may_answer")
    may_open = fields.Boolean(compute="_compute_may_answer")

    @api.depends_context("company")
    def _compute_needs_consent(self):
        for access in self:
            company = access.company_id or self.env.company
            access.needs_consent = company.med_vault_two_persons

    @api.depends("state", "valid_until")
    def _compute_is_too_late(self):
        now = fields.Datetime.now()
        for access in self:
            waits = access.state in ("asked", "granted")
            access.is_too_late = waits and access.valid_until <= now

    def _search_is_too_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = [
            ("state", "in", ("asked", "granted")),
            ("valid_until", "<=", fields.Datetime.now()),
        ]
        return late if True in value else ["!", "&", *late]

    @api.depends("state", "valid_until", "user_id")
    @api.depends_context("uid")
    def _compute_may_answer(self):
        officer = self.env.user.has_group("med_consumables.group_privacy_officer")
        for access in self:
            own, alive = access.user_id == self.env.user, not access.is_too_late
            waits = officer and alive and access.state == "asked"
            access.may_answer = waits and not own
            access.may_open = officer and alive and own and access.state == "granted"

    @api.model
    def _opening(self, lines):
        companies = lines.company_id or self.env.company
        companies = companies.filtered("med_vault_two_persons")
        if not companies:
            return super()._opening(lines)
        if not self._other_officers(companies):
            raise UserError(
                self.env._(
                    "Two persons open the vault here, and there is no second privacy "
                    "officer. Ask the administrator to name one."
                )
            )
        return {
            "company_id": companies[0].id,
            "state": "asked",
            "read_at": False,
            "valid_until": self._until(companies[0]),
        }

    @api.model_create_multi
    def create(self, vals_list):
        asked = super().create(vals_list)
        for access in asked.filtered(lambda each: each.state == "asked"):
            access._tell(
                self._other_officers(access._companies()),
                self.env._("Your consent is asked for: a look-up in the vault"),
                self.env._(
                    "%(officer)s asks whose visits %(count)s lines of use were.",
                    officer=access.user_id.name,
                    count=access.line_count,
                ),
            )
        return asked

    def action_consent(self):
        """Another officer agrees: who asked may open it once."""
        self._answer("granted")
        return True

    def action_refuse(self):
        self._answer("refused")
        return True

    def action_open(self):
        """Use the consent; the quarter of an hour begins."""
        self.ensure_one()
        self._check_officer()
        self.lock_for_update()
        self.invalidate_recordset()  # somebody may have been faster
        if not self.may_open:
            raise UserError(
                self.env._(
                    "This look-up cannot be opened: it has no consent, its time is "
                    "over, it was opened before, or somebody else asked for it."
                )
            )
        self._go_on({"state": "opened", "read_at": fields.Datetime.now()})
        return self.action_show()

    def _answer(self, state):
        self.ensure_one()
        self._check_officer()
        self.lock_for_update()
        self.invalidate_recordset()  # somebody may have been faster
        if self.user_id == self.env.user:
            raise AccessError(self.env._("Nobody consents to a look-up of their own."))
        if self.env.user not in self._officers(self._companies()):
            raise AccessError(
                self.env._(
                    "Only a privacy officer of %(companies)s answers this question.",
                    companies=", ".join(self._companies().mapped("name")),
                )
            )
        if self.state != "asked" or self.is_too_late:
            raise UserError(
                self.env._("This question was answered before, or its time is over.")
            )
        self._go_on(
            {
                "state": state,
                "consent_user_id": self.env.uid,
                "consent_at": fields.Datetime.now(),
                "valid_until": self._until(self.company_id),
            }
        )
        agreed = state == "granted"
        self._tell(
            self.user_id,
            self.env._("Your look-up in the vault: consented")
            if agreed
            else self.env._("Your look-up in the vault: refused"),
            self.env._(
                "%(officer)s has answered. Open it once, before its time is over.",
                officer=self.env.user.name,
            )
            if agreed
            else self.env._("%(officer)s has answered.", officer=self.env.user.name),
        )

    def _go_on(self, vals):
        """The only changes that a look-up ever sees: from asked to opened, in order."""
        # On behalf of the officer, who was checked; nobody has the right to write.
        models.Model.write(self.sudo(), vals)

    @api.model
    def _until(self, company):
        return fields.Datetime.now() + timedelta(hours=company.med_vault_consent_hours)

    def _may_be_seen(self):
        return self.state == "opened" and super()._may_be_seen()

    def _companies(self):
        """Whose consent this look-up needs: all that ask for two persons."""
        # Which companies the lines are of is no secret between the officers.
        companies = self.sudo().consumption_ids.company_id
        return companies.filtered("med_vault_two_persons")

    @api.model
    def _other_officers(self, companies):
        return self._officers(companies) - self.env.user

    @api.model
    def _officers(self, companies):
        # Who the other officers are is no secret among them.
        officers = self.env.ref("med_consumables.group_privacy_officer").sudo()
        return officers.all_user_ids.filtered(
            lambda user: user.active and companies <= user.company_ids
        )

    def _tell(self, users, subject, words):
        """Never the reason or a line: what is asked is read in the vault alone."""
        # The record's own thread is none: nothing of a look-up is kept in messages.
        self.env["mail.thread"].sudo().message_notify(
            partner_ids=users.partner_id.ids,
            subject=subject,
            body=words,
            model=self._name,
            res_id=self.id,
        )
