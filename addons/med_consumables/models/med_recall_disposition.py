from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class MedRecallDisposition(models.Model):
    """What was done with some units of a recall, by whom, with which evidence.

    Units that still lie on a shelf are moved by the same step: back to the supplier,
    to scrap, to quarantine. A record is never changed; one that moved nothing can be
    undone, and stays visible.
    """

    _name = "med.recall.disposition"
    _description = "Recalled Units: What Was Done"
    _order = "id desc"

    line_id = fields.Many2one(
        "med.recall.line",
        string="Units",
        required=True,
        index=True,
        ondelete="restrict",
    )
    recall_id = fields.Many2one(
        related="line_id.recall_id", store=True, index=True, string="Recall"
    )
    company_id = fields.Many2one(related="line_id.company_id", store=True)
    department_id = fields.Many2one(related="line_id.department_id", store=True)
    lot_id = fields.Many2one(related="line_id.lot_id")
    product_id = fields.Many2one(related="line_id.product_id", string="Item")
    place = fields.Selection(related="line_id.place")
    kind = fields.Selection(
        [
            ("returned", "Returned to supplier"),
            ("destroyed", "Destroyed"),
            ("quarantined", "Quarantined"),
            ("used", "Used on patient, patient informed"),
            ("missing", "Not found"),
        ],
        string="What",
        required=True,
        default="returned",
    )
    quantity = fields.Float(digits="Product Unit", required=True)
    from_quarantine = fields.Boolean(
        string="Out of Quarantine",
        help="These units had been brought to quarantine before.",
    )
    evidence_ids = fields.Many2many(
        "ir.attachment",
        "med_recall_evidence_rel",
        "disposition_id",
        "attachment_id",
        string="Evidence",
        help="Receipt of the supplier, record of destruction, note in the file. No "
        "names of patients.",
    )
    note = fields.Char()
    user_id = fields.Many2one("res.users", string="Recorded by", readonly=True)
    done_at = fields.Datetime(string="When", readonly=True)
    move_id = fields.Many2one("stock.move", readonly=True, ondelete="restrict")
    undone = fields.Boolean(readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        own = {
            "user_id": self.env.uid,
            "done_at": fields.Datetime.now(),
            "move_id": False,
            "undone": False,
        }
        records = super().create([{**vals, **own} for vals in vals_list])
        for record in records:
            record._check_answer()
            record._move_units()
            record._keep_evidence()
        return records

    def write(self, vals):
        raise AccessError(
            self.env._("What was done with recalled units stays as it was recorded.")
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(
            self.env._("What was done with recalled units stays as it was recorded.")
        )

    def action_save(self):
        """The record was made when this button was pressed."""
        return {"type": "ir.actions.act_window_close"}

    def action_undo(self):
        self.ensure_one()
        self.line_id.check_access("write")
        if self.recall_id.state != "in_work" or self.move_id:
            raise UserError(
                self.env._(
                    "Units that were moved are brought back by a transfer; "
                    "look again at the recall afterwards."
                )
            )
        # The only two things that are ever added to a record: this, and its move.
        models.Model.write(self.sudo(), {"undone": True})
        self.recall_id.message_post(
            body=self.env._("Undone: %(what)s", what=self.line_id.display_name)
        )
        return True

    def _keep_evidence(self):
        """Whoever reads the record reads its evidence."""
        own = self.evidence_ids.filtered(
            lambda file: not file.res_id and file.create_uid == self.env.user
        )
        # The record cannot be written any more, which a file of it would ask for.
        own.sudo().write({"res_model": self._name, "res_id": self.id})

    def _check_answer(self):
        line, unit = self.line_id, self.line_id.uom_id
        if line.recall_id.state != "in_work":
            raise UserError(self.env._("This recall is not in work."))
        if unit.compare(self.quantity, 0) <= 0:
            raise UserError(self.env._("The quantity must be more than zero."))
        # The record itself is in these figures already.
        over = line.quantity_done - line.quantity_found
        if self.from_quarantine:
            over = -line.quantity_in_quarantine
        if unit.compare(over, 0) > 0:
            raise UserError(
                self.env._(
                    "Only %(open)s %(unit)s of %(line)s are open.",
                    open=f"{self.quantity - over:g}",
                    unit=unit.name,
                    line=line.display_name,
                )
            )
        if (line.place == "used") != (self.kind == "used") and line.place != "left":
            raise UserError(
                self.env._(
                    "Units on a shelf are returned, destroyed, quarantined or missing; "
                    "used units are those of patients. If a piece was used, record the "
                    "use and look again."
                )
            )
        if self.kind != "quarantined" and not self.evidence_ids:
            raise UserError(
                self.env._(
                    "Add the evidence: a photo or scan of the receipt, of the record "
                    "of destruction, or of the note that the patient was informed."
                )
            )

    def _move_units(self):
        """Units on a shelf leave it for good, in a transfer of their own."""
        if self.line_id.place in ("used", "left"):
            return
        # A ward manager gives recalled pieces away, and may not move stock by hand.
        record = self.sudo()
        warehouse = record._warehouse()
        source, destination = record._source(), record._destination(warehouse)
        if destination != source:
            move = record._transfer(warehouse, source, destination)
            models.Model.write(record, {"move_id": move.id})

    def _warehouse(self):
        own = self.line_id.location_id.warehouse_id
        company = self.line_id.company_id
        return own or own.search([("company_id", "=", company.id)], limit=1)

    def _source(self):
        """The shelf, or the quarantine that the units were brought to."""
        line = self.line_id
        if not self.from_quarantine:
            return line.location_id
        brought = line.disposition_ids.filtered(
            lambda each: each.kind == "quarantined" and each.move_id
        )
        return brought[:1].move_id.location_dest_id or line.location_id

    def _transfer(self, warehouse, source, destination):
        """Move the units, done; returns the move."""
        line = self.line_id
        places = {"location_id": source.id, "location_dest_id": destination.id}
        company = {"company_id": line.company_id.id}
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": warehouse.int_type_id.id,
                "origin": line.recall_id.name,
                **company,
                **places,
            }
        )
        what = {
            "product_id": line.product_id.id,
            "picking_id": picking.id,
            "picked": True,
            **places,
        }
        part = {
            **what,
            "product_uom_id": line.uom_id.id,
            "lot_id": line.lot_id.id,
            "quantity": self.quantity,
            "owner_id": self._owner(source).id,
        }
        move = self.env["stock.move"].create(
            {
                **what,
                **company,
                "product_uom": line.uom_id.id,
                "product_uom_qty": self.quantity,
                "move_line_ids": [fields.Command.create(part)],
            }
        )
        picking._action_done()
        return move

    def _destination(self, warehouse):
        if self.kind == "quarantined":
            return warehouse._med_quarantine()
        if self.kind == "returned":
            return self.env.ref("stock.stock_location_suppliers")
        # Newest first: the oldest is Odoo's own for count corrections.
        return self.env["stock.location"].search(
            [
                ("usage", "=", "inventory"),
                ("company_id", "in", [False, warehouse.company_id.id]),
            ],
            order="id desc" if self.kind == "destroyed" else "id",
            limit=1,
        )

    def _owner(self, source):
        """Consigned pieces go as what they are: their supplier's."""
        quants = self.env["stock.quant"].search(
            [
                ("product_id", "=", self.line_id.product_id.id),
                ("lot_id", "=", self.line_id.lot_id.id),
                ("location_id", "=", source.id),
                ("quantity", ">=", self.quantity),
            ],
            order="owner_id desc",
            limit=1,
        )
        return quants.owner_id
