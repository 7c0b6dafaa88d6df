from odoo import api, fields, models
from odoo.exceptions import UserError


class MedLoaner(models.Model):
    """A supplier's set that comes for one operation and goes back after it (跟台).

        announced ──receive──> received ──sterile──> released ──return──> closed
            │                     └──not sterile──> refused ──return──┘
            └──cancel──> cancelled

    Between receipt and the sterilisation result the pieces lie in quarantine: nobody
    can issue or reserve them. What is used is settled as consigned stock. The set
    closes when every piece is used, returned, or missing with a reason.
    """

    _name = "med.loaner"
    _description = "Loaner Set"
    _inherit = ["med.numbered", "med.stepped", "mail.thread", "mail.activity.mixin"]
    _order = "planned_for desc, id desc"
    _check_company_auto = True
    _med_set_by_steps = frozenset({"name", "state", "sterilised_on", "sterilised_by"})

    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    supplier_id = fields.Many2one("res.partner", required=True, tracking=True)
    department_id = fields.Many2one(
        "med.department",
        required=True,
        check_company=True,
        tracking=True,
        domain="[('kind', '!=', 'store')]",
    )
    planned_for = fields.Datetime(
        string="Operation", required=True, tracking=True, default=fields.Datetime.now
    )
    description = fields.Char(
        string="Set", help="What the set is for. No patient data: it is kept for years."
    )
    line_ids = fields.One2many("med.loaner.line", "loaner_id", copy=True)
    sterilised_on = fields.Datetime(
        string="Sterilisation Result on", readonly=True, copy=False
    )
    sterilised_by = fields.Many2one("res.users", readonly=True, copy=False)
    sterilisation_ref = fields.Char(
        string="Sterilisation Record",
        copy=False,
        tracking=True,
        help="Batch or cycle number of the sterilisation, as its record names it.",
    )
    missing_count = fields.Integer(compute="_compute_missing_count")
    state = fields.Selection(
        [
            ("announced", "Announced"),
            ("received", "Received, not released"),
            ("released", "Released"),
            ("refused", "Not sterile"),
            ("closed", "Closed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        copy=False,
        default="announced",
        tracking=True,
    )
    picking_ids = fields.Many2many(
        "stock.picking", string="Transfers", readonly=True, copy=False
    )
    picking_count = fields.Integer(compute="_compute_picking_count")

    @api.depends("line_ids.missing")
    def _compute_missing_count(self):
        for loaner in self:
            loaner.missing_count = len(loaner.line_ids.filtered("missing"))

    @api.depends("picking_ids")
    def _compute_picking_count(self):
        for loaner in self:
            loaner.picking_count = len(loaner.picking_ids)

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_announced(self):
        if any(loaner.state not in ("announced", "cancelled") for loaner in self):
            raise UserError(
                self.env._("A set that was received is part of the record. Close it.")
            )

    def action_receive(self):
        """The pieces are here; they wait in quarantine for their sterilisation."""
        self._check_state("announced")
        for loaner in self:
            lines = loaner.line_ids.filtered("quantity")
            if not lines:
                raise UserError(
                    self.env._("Enter the pieces of %(set)s first.", set=loaner.name)
                )
            lines._make_lots()
            place = loaner.department_id._med_quarantine_place()
            loaner._move(
                [(line, line.quantity) for line in lines],
                loaner.supplier_id.property_stock_supplier,
                place,
            )
        self._move_to("received")

    def action_release(self):
        """The sterilisation result is good: the pieces may be used."""
        self._check_state("received")
        for loaner in self:
            if not loaner.sterilisation_ref:
                raise UserError(
                    self.env._(
                        "Enter the sterilisation record of %(set)s: without its result "
                        "nothing is released.",
                        set=loaner.name,
                    )
                )
            loaner._move(
                [(line, line.quantity) for line in loaner.line_ids if line.quantity],
                loaner.department_id._med_quarantine_place(),
                loaner.department_id.stock_location_id,
            )
        self._move_to("released", **self._result())

    def action_refuse(self):
        """The sterilisation result is bad: the pieces stay where they are, and go."""
        self._check_state("received")
        self._move_to("refused", **self._result())

    def action_return(self):
        """The rest goes back; what is neither used nor returned needs a reason."""
        self._check_state("released", "refused")
        lines = self.line_ids
        self.env["med.consumption"]._post_used(
            lines.product_id, self.department_id.stock_location_id
        )
        lines.invalidate_recordset(["used", "missing"])
        for loaner in self:
            unexplained = loaner.line_ids.filtered(
                lambda line: line.missing and not line.missing_reason
            )
            if unexplained:
                raise UserError(
                    self.env._(
                        "Missing from %(set)s:\n%(pieces)s\nCount again, record the "
                        "use, or enter why it is missing.",
                        set=loaner.name,
                        pieces="\n".join(
                            f"{line.product_id.display_name} "
                            f"{line.lot_id.name or ''}: {line.missing:g}"
                            for line in unexplained
                        ),
                    )
                )
            loaner._return_rest()
        self._move_to("closed")

    def action_cancel(self):
        self._check_state("announced")
        self._move_to("cancelled")

    def action_view_pickings(self):
        self.ensure_one()
        return self.picking_ids._get_records_action(name=self.env._("Transfers"))

    def _check_state(self, *states):
        self.check_access("write")
        self.lock_for_update()
        self.invalidate_recordset(["state"])
        labels = dict(self._fields["state"]._description_selection(self.env))
        for loaner in self:
            if loaner.state not in states:
                raise UserError(
                    self.env._(
                        "%(set)s is %(state)s already. Refresh the page.",
                        set=loaner.name,
                        state=labels[loaner.state],
                    )
                )

    def _result(self):
        """Who said when whether the set is sterile."""
        return {"sterilised_on": fields.Datetime.now(), "sterilised_by": self.env.uid}

    def _move_to(self, state, **values):
        # On behalf of whoever pressed the button; _check_state has seen their right.
        self.sudo().write({"state": state, **values})

    def _return_rest(self):
        """Bring counted pieces back to the supplier, missing ones out of stock."""
        self.ensure_one()
        place = (
            self.department_id.stock_location_id
            if self.state == "released"
            else self.department_id._med_quarantine_place()
        )
        supplier = self.supplier_id.property_stock_supplier
        loss = self.env["stock.location"].search(
            [("usage", "=", "inventory"), ("company_id", "=", self.company_id.id)],
            limit=1,
        )
        self._move([(line, line.returned) for line in self.line_ids], place, supplier)
        self._move([(line, line.missing) for line in self.line_ids], place, loss)

    def _move(self, parts, source, destination):
        """Move the supplier's pieces; ``parts`` is ``[(line, quantity)]``."""
        self.ensure_one()
        values = [
            line._prepare_move(quantity, source, destination)
            for line, quantity in parts
            if line.product_id.uom_id.compare(quantity, 0) > 0
        ]
        if not values:
            return
        warehouse = self.department_id.warehouse_id
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": warehouse.int_type_id.id,
                "location_id": source.id,
                "location_dest_id": destination.id,
                "partner_id": self.supplier_id.id,
                "company_id": self.company_id.id,
                "origin": self.name,
                "move_ids": [fields.Command.create(value) for value in values],
            }
        )
        picking.move_ids.picked = True
        picking._action_done()
        # Kept with the set, also by those who may not write transfers.
        self.sudo().picking_ids |= picking
