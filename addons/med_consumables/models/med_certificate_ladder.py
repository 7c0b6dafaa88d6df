from odoo import fields, models

from ..core.certificate import EXPIRED, rung
from .spoken_to import spoken_to


class MedCertificate(models.Model):
    """Who is responsible is told once per rung, whatever night was missed.

    ``told_rung`` is the lowest rung told so far (the fewest days left); ``EXPIRED`` is
    told once too. A new validity begins at the top again.
    """

    _inherit = "med.certificate"

    told_rung = fields.Integer(default=-1, copy=False, readonly=True)

    def write(self, vals):
        if "valid_to" in vals and "told_rung" not in vals:
            vals = {**vals, "told_rung": -1}
        return super().write(vals)

    def _cron_expiry_ladder(self):
        """Tell of every certificate that has reached a new rung."""
        for company in self.env["res.company"].search([("active", "=", True)]):
            certificates = self.with_company(company).with_context(
                tz=company._med_time_zone().key  # the hospital's day, whoever runs it
            )
            due = certificates.search(
                [
                    ("state", "in", ("expiring", "expired")),
                    ("next_ids", "=", False),
                    ("company_id", "in", (False, company.id)),
                ]
            )
            due._tell(company._med_certificate_steps())
            self.env["ir.cron"]._commit_progress(len(due))
        self._forget_the_renewed()

    def _tell(self, steps):
        today = self.env.company._med_day(fields.Datetime.now())
        for certificate in self:
            reached = rung((certificate.valid_to - today).days, steps)
            told = certificate.told_rung
            if reached is None or (told != -1 and told <= reached):
                continue
            certificate.told_rung = reached
            certificate._replace_activity(reached)

    def _replace_activity(self, reached):
        self.activity_unlink(["mail.mail_activity_data_warning"])
        number = self.name
        responsible = self.responsible_id or self.create_uid
        words = spoken_to(self, responsible).env
        if reached == EXPIRED:
            summary = words._("%(number)s has expired: renew it", number=number)
        else:
            summary = words._(
                "%(number)s expires in %(days)s days: ask for the renewal",
                number=number,
                days=self.days_left,
            )
        self.activity_schedule(
            "mail.mail_activity_data_warning",
            date_deadline=self.valid_to,
            summary=summary,
            user_id=responsible.id,
        )

    def _forget_the_renewed(self):
        """What has a next revision needs nobody's attention any more."""
        renewed = self.search(
            [("next_ids", "!=", False), ("activity_ids", "!=", False)]
        )
        renewed.activity_unlink(["mail.mail_activity_data_warning"])
