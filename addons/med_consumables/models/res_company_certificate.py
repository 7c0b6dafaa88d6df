from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..core.certificate import LADDER, ladder_from

POLICIES = [("off", "Off"), ("warn", "Warn"), ("block", "Block")]


class ResCompany(models.Model):
    """How strictly this hospital looks at certificates, and when it wants to know."""

    _inherit = "res.company"

    med_certificate_catalogue = fields.Selection(
        POLICIES,
        string="Certificates at Catalogue Entry",
        default="warn",
        required=True,
    )
    med_certificate_order = fields.Selection(
        POLICIES, string="Certificates at Order", default="warn", required=True
    )
    med_certificate_receipt = fields.Selection(
        POLICIES, string="Certificates at Receipt", default="warn", required=True
    )
    med_certificate_licence = fields.Selection(
        POLICIES,
        string="Suppliers Without a Licence",
        default="warn",
        required=True,
        help="What happens at order and receipt of items with a management class, "
        "where no licence of the supplier was ever entered.",
    )
    med_certificate_by_production = fields.Boolean(
        string="Compare the Production Date",
        help="At receipt, a lot counts as covered if the certificate was valid when it "
        "was made. Where the production date is not known, today counts.",
    )
    med_certificate_ladder = fields.Char(
        string="Days Before the End",
        default=", ".join(map(str, LADDER)),
        required=True,
        help="On reaching each of these numbers of days, the responsible person is "
        "told once.",
    )

    @api.constrains("med_certificate_ladder")
    def _check_med_certificate_ladder(self):
        for company in self:
            try:
                ladder_from(company.med_certificate_ladder)
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "%(text)s is no list of days. Write numbers from 1 to 3650 "
                        "with commas between, such as 180, 90, 60, 30, 7.",
                        text=company.med_certificate_ladder,
                    )
                ) from error

    def _med_certificate_steps(self):
        """Days before the end at which somebody is told, highest first."""
        return ladder_from(self.med_certificate_ladder) if self else LADDER

    def _med_certificate_policy(self, stage):
        """off, warn or block at ``stage``: catalogue, order, receipt or licence."""
        return self[f"med_certificate_{stage}"]

    def _med_gate(self, stage, troubles, overridden=False):
        """Refuse if the policy is to block and something is wrong; else hand on."""
        if (
            troubles
            and not overridden
            and self._med_certificate_policy(stage) == "block"
        ):
            raise UserError(
                self.env._(
                    "These certificates do not cover it:\n%(troubles)s",
                    troubles="\n".join(troubles),
                )
            )
        return troubles

    def _med_unlicensed(self, partners, items, overridden=False):
        """The gate for suppliers without any licence; sentences to show and keep."""
        if self.med_certificate_licence == "off" or not any(
            items.mapped("med_management_class")
        ):
            return []
        # The gate judges for everybody alike, whoever presses the button.
        troubles = self.env["med.certificate"].sudo()._unlicensed_troubles(partners)
        return self._med_gate("licence", troubles, overridden)
