from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

PURGED_AT_ONCE = 1000


class ResCompany(models.Model):
    _inherit = "res.company"

    med_vault_days = fields.Integer(
        string="Keep Visits in the Vault (Days)",
        default=1826,
        help="After so many days it is forgotten whose visit the use of a class III or "
        "high-value item was. Visits of implants are kept for good, and so is what a "
        "running recall asks for. 0 keeps everything.",
    )

    @api.constrains("med_vault_days")
    def _check_med_vault_days(self):
        for company in self:
            if company.med_vault_days < 0:
                raise ValidationError(
                    self.env._("Visits are kept for a number of days, or for good: 0.")
                )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    med_vault_days = fields.Integer(related="company_id.med_vault_days", readonly=False)


class MedVault(models.Model):
    """What is past its time is forgotten; implants never are."""

    _inherit = "med.vault"

    @api.model
    def _cron_purge(self):
        """Forget batch by batch; the audit trail keeps how many and up to when."""
        self = self.sudo()  # noqa: PLW0642  on behalf of the hospital's policy
        cron = self.env["ir.cron"]
        for company in self.env["res.company"].search([("med_vault_days", ">", 0)]):
            limit = fields.Datetime.now() - timedelta(days=company.med_vault_days)
            while count := self._purge(company, limit):
                # There may be more: where the time is over, the job comes back.
                if not cron._commit_progress(count, remaining=1):
                    return
        cron._commit_progress(remaining=0)

    @api.model
    def _purge(self, company, limit):
        """Forget one batch of uses before ``limit``; returns how many."""
        entries = self.search(
            self._purgeable(company, limit), limit=PURGED_AT_ONCE, order="id"
        )
        if not entries:
            return 0
        count = len(entries)
        newest = max(entries.mapped("event_time"))
        entries.with_context(med_vault_purge=True).unlink()
        self.env["med.audit.entry"].with_company(company)._log_event(
            "purge",
            self.env._("Vault"),
            self.env._(
                "%(count)s visits of uses up to %(day)s forgotten, after %(days)s days",
                count=count,
                day=company._med_day(newest),
                days=company.med_vault_days,
            ),
        )
        return count

    @api.model
    def _purgeable(self, company, limit):
        """Never implants, whatever they were called when they were used."""
        recalled = self.env["med.recall"].search(
            [("state", "=", "in_work"), ("company_id", "=", company.id)]
        )
        return (
            Domain("company_id", "=", company.id)
            & Domain("reason", "!=", "implant")
            & Domain("consumption_id.event_time", "<", limit)
            & Domain("consumption_id.product_id.med_implant", "=", False)
            & Domain("consumption_id", "not in", recalled._lines_of_use().ids)
        )

    def _may_be_purged(self):
        """A context alone is no proof: nobody but the job's code has full rights."""
        return bool(self.env.su and self.env.context.get("med_vault_purge")) and not (
            self.filtered(
                lambda entry: entry.reason == "implant" or entry.product_id.med_implant
            )
        )
