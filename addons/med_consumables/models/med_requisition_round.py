from odoo import api, fields, models
from odoo.exceptions import UserError


class MedRequisition(models.Model):
    """A ward round: the transfers of several requests, picked in one walk.

    The round is Odoo's own batch of transfers, so picking, validating and printing it
    are native; each department still gets its own transfer and its own receipt.
    """

    _inherit = "med.requisition"

    round_id = fields.Many2one(
        "stock.picking.batch",
        string="Ward Round",
        compute="_compute_round_id",
        compute_sudo=True,
        help="The round in which the store picks this request now.",
    )

    @api.depends("picking_ids.batch_id", "picking_ids.state")
    def _compute_round_id(self):
        for requisition in self:
            requisition.round_id = requisition.picking_ids.filtered(
                lambda picking: picking.state not in ("done", "cancel")
            ).batch_id[:1]

    def action_make_round(self):
        """One round a warehouse of what is approved and not on a round yet."""
        self._lock()
        pickings = self._pickings_for_round()
        if not pickings:
            raise UserError(
                self.env._(
                    "Nothing of the selected requests waits for a round: only what is "
                    "approved, comes from the store and is on no other round can be "
                    "picked together."
                )
            )
        rounds = self.env["stock.picking.batch"]
        for type_, of_type in pickings.grouped("picking_type_id").items():
            round_ = rounds.create(
                {
                    "picking_type_id": type_.id,
                    "company_id": type_.company_id.id,
                    "user_id": self.env.uid,
                    "description": self._round_description(of_type),
                    "picking_ids": [fields.Command.set(of_type.ids)],
                }
            )
            round_.action_confirm()
            round_.action_assign()
            rounds |= round_
        return rounds._med_action_open()

    def action_open_round(self):
        return self.round_id._med_action_open()

    def _pickings_for_round(self):
        """Open transfers out of the store that no round holds yet."""
        return self.picking_ids.filtered(
            lambda picking: (
                picking.state in ("waiting", "confirmed", "assigned")
                and not picking.batch_id
                and picking.med_requisition_id.kind == "store"
                and not picking.return_id
            )
        )

    def _round_description(self, pickings):
        wards = pickings.med_requisition_id.department_id
        return self.env._(
            "Ward round: %(wards)s", wards=", ".join(sorted(wards.mapped("name")))
        )
