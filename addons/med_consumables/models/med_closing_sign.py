from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from .med_closing import SIGNED


class ResCompany(models.Model):
    _inherit = "res.company"

    med_closing_finance = fields.Boolean(
        string="Finance Signs Month Closings",
        help="A month is locked when finance has signed it too, after the two people "
        "of the store.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    med_closing_finance = fields.Boolean(
        related="company_id.med_closing_finance", readonly=False
    )


class MedClosing(models.Model):
    """Who signs a closing, in which order, and the sheet that they sign."""

    _inherit = "med.closing"

    finance_by_id = fields.Many2one(
        "res.users",
        string="Signed for Finance",
        readonly=True,
        copy=False,
        tracking=True,
    )
    finance_at = fields.Datetime(readonly=True, copy=False)
    finance_signs = fields.Boolean(related="company_id.med_closing_finance")

    def action_make(self):
        """Sign as the one who made it."""
        self.action_compute()
        for closing in self:
            if open_checks := closing.check_ids._open():
                raise UserError(
                    self.env._(
                        "These points are open; settle them, or note on each why the "
                        "month may be closed all the same:\n%(points)s",
                        points="\n".join(open_checks.mapped("display_name")),
                    )
                )
        self._sign("made", "made")

    def action_close(self):
        """Sign as the one who checked it; lock it where finance need not sign."""
        self._check_store()
        self._check_state("made")
        for closing in self:
            if closing.made_by_id == self.env.user:
                raise UserError(
                    self.env._(
                        "Whoever made a closing does not check it. "
                        "Ask a second person to sign."
                    )
                )
            closing._check_unchanged()
        for closing in self:
            closing._sign("checked" if closing._asks_finance() else "closed", "checked")
        self.filtered(lambda closing: closing.state == "closed")._lock_month()
        return True

    def action_finance_sign(self):
        """Finance signs what two people of the store have signed, and locks it."""
        self.check_access("write")
        if not self.env.user.has_group("med_consumables.group_closing_finance"):
            raise AccessError(self.env._("Only finance signs here."))
        self._check_state("checked")
        for closing in self:
            if self.env.user in closing.made_by_id | closing.checked_by_id:
                raise UserError(
                    self.env._(
                        "Whoever made or checked a closing does not sign it for "
                        "finance. Ask another person."
                    )
                )
            closing._check_unchanged()
        self._sign("closed", "finance")
        self._lock_month()
        return True

    def _asks_finance(self):
        """A statement of one department locks nothing: finance signs whole months."""
        return self.company_id.med_closing_finance and not self.department_id

    def _lock_month(self):
        for closing in self.sudo().filtered(lambda c: not c.department_id):
            # Whoever closes a month need not be allowed to change the company.
            seals = self.env["med.ledger.seal"].sudo()._chain(closing.company_id)
            closing.ledger_hash = seals[-1:].hash
            closing.company_id.med_closed_until = closing.date_to
            self.env["med.audit.entry"]._log_event(
                "close", closing.display_name, str(closing.date_to)
            )
        self._attach_sheet()

    def action_back_to_draft(self):
        self.check_access("write")
        self._check_state("made", "checked")
        self._unsign()

    def action_reopen(self):
        """Open the last closed month again: asked for with a reason, logged."""
        self.ensure_one()
        self._check_may_reopen()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Open Again"),
            "res_model": "med.closing.reopen",
            "view_mode": "form",
            "target": "new",
            "context": {"default_closing_id": self.id},
        }

    def _check_unchanged(self):
        """What the maker signed is what the checker signs."""
        signed = self.sudo()
        before = signed._fingerprint()
        signed._make_lines()
        signed.check_ids._refresh(signed)
        if signed._fingerprint() != before or signed.check_ids._open():
            raise UserError(
                self.env._(
                    "%(closing)s has changed since %(person)s signed it. "
                    "Set it back to draft, look at it again and sign again.",
                    closing=self.display_name,
                    person=self.made_by_id.name,
                )
            )

    def _fingerprint(self):
        return sorted(
            (
                line.location_id.id,
                line.product_id.id,
                line.closing_quantity,
                line.closing_value,
                line.in_value,
                line.out_value,
            )
            for line in self.line_ids
        )

    def _sign(self, state, signature):
        # Rights were checked; signatures are not written by hand.
        self.sudo().write(
            {
                "state": state,
                f"{signature}_by_id": self.env.uid,
                f"{signature}_at": fields.Datetime.now(),
            }
        )

    def _unsign(self):
        """Back to draft: nobody has signed what will be computed anew."""
        # Rights were checked; signatures are not written by hand.
        self.sudo().write(
            {**dict.fromkeys(SIGNED, False), "state": "draft", "ledger_hash": False}
        )

    def _check_may_reopen(self):
        if not self.env.user.has_group("med_consumables.group_administrator"):
            raise AccessError(
                self.env._("Only an administrator opens a closed month again.")
            )
        self._check_state("closed")
        later = self.search_count(
            [
                ("company_id", "=", self.company_id.id),
                ("department_id", "=", self.department_id.id),
                ("state", "=", "closed"),
                ("date_to", ">", self.date_to),
            ]
        )
        if later:
            raise UserError(
                self.env._("Only the last closed month can be opened again.")
            )

    def _reopen(self, reason):
        self._check_may_reopen()
        company, name = self.company_id, self.display_name
        self._unsign()
        if not self.department_id:
            company.sudo().med_closed_until = self._previous().date_to
        self.message_post(body=self.env._("Opened again: %(reason)s", reason=reason))
        self.env["med.audit.entry"]._log_event("reopen", name, reason)

    def _pdf_name(self):
        """A closing that was opened and closed again is printed anew."""
        self.ensure_one()
        signed_at = self.finance_at or self.checked_at
        stamp = signed_at and signed_at.strftime("%Y%m%d%H%M%S")
        return f"{self.month:%Y-%m} {stamp}.pdf" if self.state == "closed" else False

    def _attach_sheet(self):
        """Print the signed sheet once; later prints give this very file again."""
        reports = self.env["ir.actions.report"].sudo()  # files of what was signed here
        for closing in self:
            # The language of the hospital, whoever signs last.
            language = closing.company_id.partner_id.lang or self.env.lang
            report = reports.with_context(lang=language)
            try:
                report._render_qweb_pdf(
                    "med_consumables.med_closing_report", closing.ids
                )
            except UserError as refusal:
                # A printer that fails must not keep the month open.
                closing.message_post(
                    body=self.env._(
                        "The signed sheet could not be printed (%(why)s). Print it "
                        "from the menu; it is attached then.",
                        why=str(refusal),
                    )
                )

    def _print_day(self, moment):
        """A moment of signing as a day of the hospital, for the printed sheet."""
        return moment and format_date(self.env, self.company_id._med_day(moment))
