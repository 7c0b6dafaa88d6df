from odoo import api, fields, models
from odoo.exceptions import UserError


class MedRecall(models.Model):
    """A recall: which lots, where each unit is, and what was done with it.

        draft ──> in work ──> closed       every unit is accounted for
          ▲          │
          └──────────┴─────> cancelled     the lots are free again

    Starting holds every lot; units that come in later are held when they come. A lot of
    a recall that is closed stays on hold for good.
    """

    _name = "med.recall"
    _description = "Recall"
    _inherit = ["med.numbered", "med.stepped", "mail.thread", "mail.activity.mixin"]
    _order = "state desc, notice_date desc, id desc"
    _check_company_auto = True
    _med_set_by_steps = frozenset({"name", "state", "started_at", "closed_at"})

    name = fields.Char(string="Our Number")
    subject = fields.Char(required=True, tracking=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    manager_id = fields.Many2one(
        "res.users",
        string="Who Leads It",
        required=True,
        default=lambda self: self.env.user,
        tracking=True,
        domain="[('share', '=', False)]",
    )
    reference = fields.Char(
        string="Recall Number",
        tracking=True,
        help="The number of the notice, as the maker or the authority gave it.",
    )
    level = fields.Selection(
        [
            ("1", "Class I: may harm gravely"),
            ("2", "Class II: may harm for a time"),
            ("3", "Class III: hardly harms"),
        ],
        required=True,
        default="2",
        tracking=True,
    )
    origin = fields.Selection(
        [
            ("maker", "Maker or supplier"),
            ("authority", "Authority"),
            ("hospital", "The hospital itself"),
        ],
        string="Ordered by",
        required=True,
        default="maker",
    )
    notice_date = fields.Date(required=True, default=fields.Date.context_today)
    reason = fields.Text(help="What is wrong with the goods, and what is to be done.")
    document_ids = fields.Many2many(
        "ir.attachment",
        "med_recall_document_rel",
        "recall_id",
        "attachment_id",
        string="Notice",
        help="The source document: the letter of the maker or the authority.",
    )

    product_ids = fields.Many2many("product.product", string="Items")
    lot_names = fields.Text(
        string="Lots or Serials", help="One a line, as printed on the label."
    )
    code = fields.Char(
        string="Device Identifier",
        help="The DI, or a whole code as scanned: its lot and serial count as well.",
    )
    supplier_id = fields.Many2one("res.partner", help="Whoever delivered the goods.")
    received_from = fields.Date()
    received_to = fields.Date()

    lot_ids = fields.Many2many("stock.lot", string="Recalled Lots", copy=False)
    lot_count = fields.Integer(compute="_compute_lot_count", string="Lots")
    line_ids = fields.One2many("med.recall.line", "recall_id", string="Where They Are")
    disposition_ids = fields.One2many(
        "med.recall.disposition", "recall_id", string="What Was Done"
    )
    quantity_found = fields.Float(
        string="Found", compute="_compute_quantities", digits="Product Unit"
    )
    quantity_done = fields.Float(
        string="Accounted for", compute="_compute_quantities", digits="Product Unit"
    )
    quantity_open = fields.Float(
        string="Open", compute="_compute_quantities", digits="Product Unit"
    )
    progress = fields.Float(compute="_compute_quantities")
    started_at = fields.Datetime(readonly=True, copy=False)
    closed_at = fields.Datetime(readonly=True, copy=False)
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("in_work", "In work"),
            ("closed", "Closed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
        index=True,
    )

    @api.depends("name", "subject")
    def _compute_display_name(self):
        for recall in self:
            recall.display_name = " ".join(filter(None, (recall.name, recall.subject)))

    @api.depends("lot_ids")
    def _compute_lot_count(self):
        for recall in self:
            recall.lot_count = len(recall.lot_ids)

    @api.depends("line_ids.quantity_found", "line_ids.quantity_open")
    def _compute_quantities(self):
        for recall in self:
            found = sum(recall.line_ids.mapped("quantity_found"))
            still_open = sum(recall.line_ids.mapped("quantity_open"))
            recall.quantity_found = found
            recall.quantity_open = still_open
            recall.quantity_done = found - still_open
            recall.progress = 100 * (found - still_open) / found if found else 0.0

    def write(self, vals):
        before = {recall: recall.lot_ids for recall in self}
        result = super().write(vals)
        if "lot_ids" in vals:
            for recall in self.filtered(lambda each: each.state == "in_work"):
                recall._release(before[recall] - recall.lot_ids)
                recall._hold(recall.lot_ids - before[recall])
                recall._look()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_draft(self):
        if self.filtered(lambda recall: recall.state != "draft"):
            raise UserError(
                self.env._("Only a draft is deleted; cancel a recall that was started.")
            )

    # ---- buttons ---------------------------------------------------------------------

    def action_search(self):
        """Put the lots that fit what was asked for on the list."""
        for recall in self:
            found = recall._find_lots()
            recall.lot_ids = (
                found if recall.state == "draft" else recall.lot_ids | found
            )
        return True

    def action_start(self):
        """Hold every unit, list where each is, and tell those who have some."""
        for recall in self.filtered(lambda each: each.state == "draft"):
            recall.lot_ids |= recall._find_lots()
            if not recall.lot_ids and not recall._criteria():
                raise UserError(
                    self.env._("Say what is recalled: lots, an item or a supplier.")
                )
            recall.check_access("write")
            recall.sudo().write(  # see med.stepped
                {"state": "in_work", "started_at": fields.Datetime.now()}
            )
            recall._hold(recall.lot_ids)
            recall._hold_without_lot()
            recall._look()
            recall._tell_departments()
        return True

    def action_look_again(self):
        self.filtered(lambda recall: recall.state == "in_work")._look()
        return True

    def action_close(self):
        self.check_access("write")
        for recall in self.filtered(lambda each: each.state == "in_work"):
            recall._look()
            recall._check_all_accounted_for()
            recall.sudo().write(  # see med.stepped
                {"state": "closed", "closed_at": fields.Datetime.now()}
            )
            recall.activity_ids.sudo().action_done()
        return True

    def action_cancel(self):
        self.check_access("write")
        for recall in self.filtered(lambda each: each.state in ("draft", "in_work")):
            if recall.disposition_ids:
                raise UserError(
                    self.env._(
                        "%(recall)s has records of what was done with units; "
                        "undo these first, or close it.",
                        recall=recall.display_name,
                    )
                )
            recall._release(recall.lot_ids)
            recall.hold_ids._end()
            recall.line_ids.sudo().unlink()  # the list, not records of people
            recall.sudo().state = "cancelled"  # see med.stepped
        return True

    def action_draft(self):
        self.check_access("write")
        self.filtered(lambda recall: recall.state == "cancelled").sudo().write(
            {"state": "draft", "started_at": False}  # see med.stepped
        )
        return True

    def action_view_use(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_consumption_action"
        )
        action["domain"] = [("id", "in", self._lines_of_use().ids)]
        action["context"] = {}
        return action

    def action_view_moves(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Moves of the Lots"),
            "res_model": "stock.move.line",
            "view_mode": "list,form",
            "domain": [("lot_id", "in", self.lot_ids.ids), ("state", "=", "done")],
        }

    def action_look_up_visits(self):
        """Ask the officer for the reason, then name the patients' visits."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Whose Visits Were These?"),
            "res_model": "med.vault.access",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_recall_id": self.id,
                "default_reason": self.display_name,
            },
        }

    # ---- every unit ------------------------------------------------------------------

    def _lines_of_use(self):
        return self.env["med.consumption"].sudo()._lines_of_lots(self.sudo().lot_ids)

    def _check_all_accounted_for(self):
        still_open = self.sudo().line_ids.filtered("is_open")
        if still_open:
            raise UserError(
                self.env._(
                    "Not every unit of %(recall)s is accounted for:\n%(lines)s\n"
                    "Record what was done with each, then close.",
                    recall=self.display_name,
                    lines="\n".join(line._open_text() for line in still_open),
                )
            )
