from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class MedWardCount(models.Model):
    """A count sheet of a ward that reports no single use: what is missing was used.

        draft ─confirm─> done          use = opening + received − recorded − counted
          └──cancel──> cancelled

    Items that were not counted stay as they are on the books.
    """

    _name = "med.ward.count"
    _description = "Ward Count"
    _inherit = ["med.numbered", "med.stepped", "mail.thread"]
    _order = "counted_at desc, id desc"
    _check_company_auto = True
    _med_set_by_steps = frozenset({"name", "state", "counted_by_id", "company_id"})

    department_id = fields.Many2one(
        "med.department",
        required=True,
        index=True,
        check_company=True,
        domain="[('stock_keeping', '=', 'counted')]",
        default=lambda self: self._default_department_id(),
    )
    company_id = fields.Many2one(
        related="department_id.company_id", store=True, index=True
    )
    counted_at = fields.Datetime(
        string="Counted On",
        required=True,
        default=fields.Datetime.now,
        help="The use is recorded at this moment.",
    )
    counted_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    state = fields.Selection(
        [("draft", "Draft"), ("done", "Done"), ("cancelled", "Cancelled")],
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        default="draft",
    )
    note = fields.Text()
    line_ids = fields.One2many(
        "med.ward.count.line", "count_id", string="Items", copy=False
    )
    left = fields.Integer(string="Not Counted Yet", compute="_compute_left")
    consumption_count = fields.Integer(compute="_compute_consumption_count")

    _one_draft = models.UniqueIndex(
        "(department_id) WHERE state = 'draft'",
        "This department has a count sheet that is not confirmed yet; go on with it.",
    )

    @api.model
    def _default_department_id(self):
        return self.env.user.med_department_ids.filtered(
            lambda department: department.stock_keeping == "counted"
        )[:1]

    @api.depends("line_ids.counted")
    def _compute_left(self):
        for sheet in self:
            sheet.left = len(sheet.line_ids.filtered(lambda line: not line.counted))

    def _compute_consumption_count(self):
        for sheet in self:
            sheet.consumption_count = len(sheet._recorded())

    @api.model_create_multi
    def create(self, vals_list):
        sheets = super().create(vals_list)
        sheets.filtered(lambda sheet: not sheet.line_ids).action_fill()
        return sheets

    def write(self, vals):
        if not self.env.su:
            self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_if_draft(self):
        self._check_draft()

    def action_fill(self):
        """Add what lies on the shelf or should: the levels' items, too."""
        self.check_access("write")
        self._check_draft()
        for sheet in self:
            shelf = sheet.department_id.stock_location_id
            # A ward may know what is on its own shelf.
            quants = self.env["stock.quant"].sudo()
            levels = self.env["stock.warehouse.orderpoint"].sudo()
            there = [("location_id", "child_of", shelf.id)]
            products = (
                quants.search([*there, ("quantity", ">", 0)]).product_id
                | levels.search(there).product_id
            ).filtered("med_consumable")
            known = sheet.line_ids.product_id
            sheet.line_ids = [
                Command.create({"product_id": product.id})
                for product in products.sudo(False).sorted("display_name")
                if product not in known
            ]
        return True

    def action_confirm(self):
        """Record what is missing as use and what is too much as return or surplus."""
        self.check_access("write")
        if len(self.try_lock_for_update(allow_referencing=True)) < len(self):
            raise UserError(
                self.env._(
                    "Somebody else is confirming this count at this moment. "
                    "Open it again in a few seconds."
                )
            )
        self.invalidate_recordset(["state"])
        self._check_draft()
        for sheet in self:
            lines = sheet.line_ids.filtered("counted")
            sheet._check_counted(lines)
            lines._compute_figures()
            lines._keep_figures()
            lines._check_reasons()
            surplus = lines._split_surplus()
            # The count is the door to the ledger; rights were checked above.
            self.env["med.consumption"].sudo()._record(lines._prepare_reports(surplus))
            lines._post_surplus(surplus)
        self.sudo().write({"state": "done", "counted_by_id": self.env.uid})
        return True

    def action_cancel(self):
        self.check_access("write")
        self._check_draft()
        self.sudo().state = "cancelled"  # a button; rights were checked above
        return True

    def action_view_consumption(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_consumption_action"
        )
        action["domain"] = [("id", "in", self._recorded().ids)]
        action["context"] = {}
        return action

    def _recorded(self):
        return self.env["med.consumption"].search(
            [
                ("source", "=", "count"),
                ("company_id", "in", self.company_id.ids),
                ("external_key", "in", self.line_ids.mapped(lambda x: x._report_key())),
            ]
        )

    def _opening(self):
        """The last confirmed count: ``({product: counted}, when or False)``."""
        self.ensure_one()
        last = self.search(
            [
                ("department_id", "=", self.department_id.id),
                ("state", "=", "done"),
                ("counted_at", "<=", self.counted_at),
                ("id", "!=", self.id or self._origin.id),
            ],
            order="counted_at desc, id desc",
            limit=1,
        )
        lines = last.line_ids.filtered("counted")
        return {line.product_id: line.counted_qty for line in lines}, last.counted_at

    def _received(self, products, since, until=None):
        """``{product id: quantity}`` that came to the shelf, less what left unused."""
        self.ensure_one()
        shelf = self.department_id.stock_location_id
        domain = [
            ("state", "=", "done"),
            ("product_id", "in", products.ids),
            ("location_usage", "!=", "production"),
            ("location_dest_usage", "!=", "production"),
        ]
        if since:
            domain.append(("date", ">", since))
        if until:
            domain.append(("date", "<=", until))
        received = defaultdict(float)
        for field, sign in (("location_dest_id", 1), ("location_id", -1)):
            groups = (
                self.env["stock.move.line"]
                .sudo()  # a ward may know what came to its own shelf
                ._read_group(
                    [*domain, (field, "child_of", shelf.id)],
                    ["product_id"],
                    ["quantity_product_uom:sum"],
                )
            )
            for product, quantity in groups:
                received[product.id] += sign * quantity
        return received

    def _check_draft(self):
        for sheet in self:
            if sheet.state != "draft":
                raise UserError(
                    self.env._(
                        "%(count)s is confirmed or cancelled and does not change any "
                        "more. Make a new count.",
                        count=sheet.name,
                    )
                )

    def _check_counted(self, lines):
        if self.counted_at > fields.Datetime.now():
            raise UserError(self.env._("A count cannot lie in the future."))
        if self.department_id.stock_keeping != "counted":
            raise UserError(
                self.env._(
                    "%(department)s reports its use in another way; a count records "
                    "no use there.",
                    department=self.department_id.display_name,
                )
            )
        if not lines:
            raise UserError(self.env._("Nothing is counted yet; enter what is there."))
