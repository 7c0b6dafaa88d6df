from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

#: Moved by the buttons only.
FIXED = {"state", "started_at", "closed_at", "name"}


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
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "state desc, notice_date desc, id desc"
    _check_company_auto = True

    name = fields.Char(string="Our Number", readonly=True, copy=False, index=True)
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
    access_ids = fields.One2many("med.vault.access", "recall_id")
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

    @api.model_create_multi
    def create(self, vals_list):
        sequence = self.env["ir.sequence"]
        return super().create(
            [
                {
                    **{key: vals[key] for key in vals.keys() - FIXED},
                    "name": sequence.next_by_code("med.recall"),
                }
                for vals in vals_list
            ]
        )

    def write(self, vals):
        if not self.env.su and FIXED & vals.keys():
            raise UserError(
                self.env._("A recall goes on by its buttons: start, close or cancel.")
            )
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
            recall.sudo().write(  # see FIXED
                {"state": "in_work", "started_at": fields.Datetime.now()}
            )
            recall._hold(recall.lot_ids)
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
            recall.sudo().write(  # see FIXED
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
            recall.line_ids.sudo().unlink()  # the list, not records of people
            recall.sudo().state = "cancelled"  # see FIXED
        return True

    def action_draft(self):
        self.check_access("write")
        self.filtered(lambda recall: recall.state == "cancelled").sudo().write(
            {"state": "draft", "started_at": False}  # see FIXED
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

    # ---- which lots ------------------------------------------------------------------

    def _criteria(self):
        """What lots must fit, as a domain; empty where nothing was asked for."""
        self.ensure_one()
        products, names = self.product_ids, self._names()
        coded, code_names = self._read_code()
        parts = []
        if products or coded:
            parts.append(Domain("product_id", "in", (products | coded).ids))
        if names or code_names:
            parts.append(Domain("name", "in", names | code_names))
        if self.supplier_id or self.received_from or self.received_to:
            parts.append(Domain("id", "in", self._received_lots()))
        return Domain.AND(parts) if parts else False

    def _find_lots(self):
        self.ensure_one()
        criteria = self._criteria()
        if not criteria:
            return self.env["stock.lot"]
        return self.env["stock.lot"].search(
            criteria & Domain("company_id", "in", [False, self.company_id.id])
        )

    def _names(self):
        return {line.strip() for line in (self.lot_names or "").splitlines()} - {""}

    def _read_code(self):
        """``(items, lot names)`` of the device identifier or scanned code."""
        code = (self.code or "").strip()
        if not code:
            return self.env["product.product"], set()
        read = self.env["med.udi"]._med_read(code)
        products = self.env["product.product"].browse(read["product_ids"])
        if not products:
            raise UserError(
                self.env._(
                    "No item has the device identifier %(code)s. "
                    "Name the item instead.",
                    code=read["di"] or code,
                )
            )
        return products, {read["lot"], read["serial"]} - {""}

    def _received_lots(self):
        """A query of the lots that this supplier delivered in these days."""
        domain = Domain("state", "=", "done") & Domain(
            "location_id.usage", "=", "supplier"
        )
        domain &= Domain("lot_id", "!=", False)
        if self.supplier_id:
            domain &= Domain(
                "move_id.picking_id.partner_id",
                "child_of",
                self.supplier_id.commercial_partner_id.id,
            )
        if self.received_from:
            domain &= Domain("date", ">=", self.received_from)
        if self.received_to:
            domain &= Domain("date", "<", fields.Date.add(self.received_to, days=1))
        # Whoever leads a recall may know what was received, whoever received it.
        rows = self.env["stock.move.line"].sudo()._read_group(domain, ["lot_id"])
        return [lot.id for (lot,) in rows]

    # ---- holding ---------------------------------------------------------------------

    def _hold(self, lots):
        self.ensure_one()
        # A recall holds every lot at once, also where its leader may not write lots.
        lots.sudo().write(
            {
                "med_hold": True,
                "med_hold_reason": self.env._(
                    "Recall %(recall)s", recall=self.display_name
                ),
                "med_recall_id": self.id,
            }
        )

    def _release(self, lots):
        own = lots.sudo().filtered(lambda lot: lot.med_recall_id == self)  # see _hold
        own.write({"med_recall_id": False})
        own.write({"med_hold": False, "med_hold_reason": False})

    @api.model
    def _catch(self, move_lines):
        """Goods came in: what belongs to a running recall is held and listed."""
        # On behalf of the recall, whoever receives.
        running = self.sudo().search(
            [
                ("state", "=", "in_work"),
                ("company_id", "in", move_lines.company_id.ids),
            ]
        )
        for recall in running:
            new = move_lines.lot_id.filtered(lambda lot: not lot.med_recall_id)
            criteria = recall._criteria()
            if criteria and new:
                new = new.sudo().search(criteria & Domain("id", "in", new.ids))
            else:
                new = new.browse()
            if new:
                recall.lot_ids |= new
            late = move_lines.lot_id & recall.lot_ids
            if late:
                recall._look()
                recall._say_late(late)

    def _say_late(self, lots):
        text = self.env._(
            "Late stock came in and is held: %(lots)s.",
            lots=", ".join(lots.mapped("display_name")),
        )
        self.message_post(body=text)
        self.activity_schedule(
            "mail.mail_activity_data_todo", summary=text, user_id=self.manager_id.id
        )

    def _tell_departments(self):
        """A task for the head of each department that has or used some."""
        departments = self.sudo().line_ids.department_id
        heads = departments._med_heads(departments.ids)
        reader = self.env.ref("med_consumables.group_ward_user")
        for user in self.env["res.users"].browse(set(filter(None, heads.values()))):
            if reader in user.all_group_ids or user == self.manager_id:
                self.sudo().activity_schedule(  # whoever starts may tell all
                    "mail.mail_activity_data_todo",
                    summary=self.env._("Recall: find the pieces and bring them back"),
                    user_id=user.id,
                )

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
