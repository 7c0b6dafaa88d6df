from odoo import fields, models

from .med_certificate import OF_SUPPLIERS

#: The worst one shows on the button.
WORST_FIRST = ("expired", "expiring", "future", "valid")


class ResPartner(models.Model):
    """A supplier's file: licences, authorisation letters, quality agreements."""

    _inherit = "res.partner"

    med_licence_ids = fields.One2many(
        "med.certificate",
        "partner_id",
        string="Licences",
        domain=[("kind", "in", OF_SUPPLIERS)],
    )
    med_licence_count = fields.Integer(
        string="Number of Licences", compute="_compute_med_licences"
    )
    med_licence_state = fields.Selection(
        [
            ("valid", "Valid"),
            ("expiring", "Expiring"),
            ("expired", "Expired"),
            ("future", "Not valid yet"),
        ],
        string="State of the Licences",
        compute="_compute_med_licences",
    )

    def _compute_med_licences(self):
        for partner in self:
            licences = partner.commercial_partner_id.med_licence_ids
            states = set(licences.mapped("state")) - {"superseded"}
            partner.med_licence_count = len(licences)
            partner.med_licence_state = next(
                (state for state in WORST_FIRST if state in states), False
            )

    def action_view_med_licences(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_certificate_action"
        )
        owner = self.commercial_partner_id
        action["domain"] = [
            ("partner_id", "=", owner.id),
            ("kind", "in", OF_SUPPLIERS),
        ]
        action["context"] = {
            "default_partner_id": owner.id,
            "default_kind": "operating_licence",
        }
        return action
