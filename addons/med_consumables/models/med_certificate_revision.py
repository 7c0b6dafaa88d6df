from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command

from .med_certificate import OF_SUPPLIERS

USUAL_YEARS = 5


class MedCertificate(models.Model):
    """Renewals: one number, revision after revision, each with its own validity."""

    _inherit = "med.certificate"

    revision = fields.Integer(default=1, required=True, readonly=True)
    previous_id = fields.Many2one(
        "med.certificate",
        string="Previous Revision",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    next_ids = fields.One2many("med.certificate", "previous_id", string="Next Revision")
    superseded_on = fields.Date(
        compute="_compute_superseded_on",
        store=True,
        help="The first day of the next revision.",
    )

    _revision_uniq = models.UniqueIndex(
        "(name, kind, COALESCE(partner_id, 0), revision)",
        "This revision of the certificate exists already.",
    )

    @api.depends("next_ids.valid_from")
    def _compute_superseded_on(self):
        for certificate in self:
            days = certificate.next_ids.filtered("valid_from").mapped("valid_from")
            certificate.superseded_on = min(days, default=False)

    @api.depends("name", "revision")
    def _compute_display_name(self):
        for certificate in self:
            name = certificate.name or ""
            if certificate.revision > 1:
                name = self.env._(
                    "%(number)s (revision %(revision)s)",
                    number=name,
                    revision=certificate.revision,
                )
            certificate.display_name = name

    @api.constrains("valid_from", "previous_id")
    def _check_revision(self):
        for certificate in self.filtered("previous_id") | self.next_ids:
            start, before = certificate.valid_from, certificate.previous_id.valid_from
            if not start or (before and start <= before):
                raise ValidationError(
                    self.env._(
                        "Revision %(revision)s of certificate %(number)s must begin "
                        "after the revision before it; enter its first day.",
                        revision=certificate.revision,
                        number=certificate.name,
                    )
                )

    def action_renew(self):
        """Open the next revision: same number, the years after this one."""
        self.ensure_one()
        if self.next_ids:
            return self._open(self.next_ids[:1])
        today = self.env.company._med_day(fields.Datetime.now())
        start = (self.valid_to or today) + relativedelta(days=1)
        renewed = self.copy(
            {
                "name": self.name,
                "revision": self.revision + 1,
                "previous_id": self.id,
                "valid_from": start,
                "valid_to": start + relativedelta(years=USUAL_YEARS, days=-1),
                "product_ids": [Command.set(self.product_ids.ids)],
            }
        )
        return self._open(renewed)

    def action_view_revisions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_certificate_action"
        )
        same = [("name", "=", self.name), ("kind", "=", self.kind)]
        if self.kind in OF_SUPPLIERS:
            same.append(("partner_id", "=", self.partner_id.id))
        action.update(domain=same, context={"active_test": False})
        return action

    def _open(self, certificate):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": certificate.id,
            "view_mode": "form",
        }
