from odoo import api, fields, models
from odoo.exceptions import UserError

KINDS = [
    ("hospital_code", "Without hospital code"),
    ("charge_code", "Charged, without charge code"),
    ("insurance_code", "Charged, without insurance code"),
    ("di", "Without device identifier"),
    ("duplicate_code", "Code of another item"),
    ("near_name", "Name like another item's"),
    ("unit_conflict", "Units that do not fit"),
    ("missing_lot", "Stock without lot"),
    ("missing_expiry", "Stock without expiry date"),
    ("negative_stock", "Negative stock"),
]


class MedDataFault(models.Model):
    """One thing that is wrong in the data, since when, and who answers for it.

    Faults are never deleted: the faults of a past day are those that were open then, so
    that every figure of the past has its list.
    """

    _name = "med.data.fault"
    _description = "Data Fault"
    _inherit = ["med.stepped"]
    _order = "until desc nulls first, kind, product_id"
    _rec_name = "text"
    # The search for faults writes them; people say that one is none.
    _med_set_by_steps = frozenset(
        {
            "company_id",
            "kind",
            "product_id",
            "other_product_id",
            "lot_id",
            "location_id",
            "quantity",
            "user_id",
            "department_id",
            "since",
            "until",
            "key",
            "accepted",
            "accepted_by_id",
        }
    )

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    product_id = fields.Many2one(
        "product.product", string="Item", readonly=True, ondelete="cascade"
    )
    other_product_id = fields.Many2one(
        "product.product", string="Other Item", readonly=True, ondelete="set null"
    )
    lot_id = fields.Many2one("stock.lot", string="Lot", readonly=True)
    location_id = fields.Many2one("stock.location", string="Place", readonly=True)
    quantity = fields.Float(digits="Product Unit", readonly=True)
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        readonly=True,
        help="For an item its responsible person, for stock the department's manager.",
    )
    department_id = fields.Many2one("med.department", readonly=True)
    since = fields.Date(required=True, readonly=True)
    until = fields.Date(
        string="Mended On", readonly=True, help="Empty while the fault is open."
    )
    key = fields.Char(required=True, readonly=True)
    accepted = fields.Boolean(
        string="Not a Fault", readonly=True, help="Somebody looked and it is right so."
    )
    accepted_by_id = fields.Many2one("res.users", readonly=True)
    text = fields.Char(string="What to Do", compute="_compute_text")

    _open_uniq = models.UniqueIndex(
        "(company_id, key) WHERE until IS NULL OR accepted",
        "This fault is listed already.",
    )
    _days_idx = models.Index("(company_id, kind, since, until)")

    @api.depends("kind", "product_id", "other_product_id", "lot_id", "location_id")
    @api.depends_context("lang")
    def _compute_text(self):

        texts = {
            "hospital_code": self.env._("Give the item its hospital code."),
            "charge_code": self.env._(
                "Enter the code under which the item is charged."
            ),
            "insurance_code": self.env._("Enter the item's national insurance code."),
            "di": self.env._("Scan a pack and enter the device identifier."),
            "duplicate_code": self.env._(
                "%(other)s has the same code. Merge the two, or correct the code."
            ),
            "near_name": self.env._(
                "%(other)s has nearly the same name. If they are one item, archive one "
                "of them; else say that it is not a fault."
            ),
            "unit_conflict": self.env._(
                "A pack, price or identifier of the item has a unit or number that "
                "does not convert into %(unit)s. Correct it."
            ),
            "missing_lot": self.env._(
                "%(quantity)s %(unit)s at %(place)s bear no lot. Count the place and "
                "enter the lots."
            ),
            "missing_expiry": self.env._(
                "The lot %(lot)s has no expiry date. Read it from the pack."
            ),
            "negative_stock": self.env._(
                "The books show %(quantity)s %(unit)s at %(place)s. Count the place, "
                "or receive what came."
            ),
        }
        for fault in self:
            fault.text = texts.get(fault.kind, "") % {
                "other": fault.other_product_id.display_name,
                "unit": fault.product_id.uom_id.name,
                "quantity": f"{fault.quantity:g}",
                "place": fault.location_id.display_name,
                "lot": fault.lot_id.name,
            }

    def action_open(self):
        """Open what must be mended."""
        self.ensure_one()
        if self.kind in ("missing_lot", "negative_stock"):
            action = self.env["ir.actions.act_window"]._for_xml_id(
                "stock.stock_quant_action"
            )
            action["domain"] = [
                ("product_id", "=", self.product_id.id),
                ("location_id", "=", self.location_id.id),
            ]
            return action
        record = self.lot_id if self.kind == "missing_expiry" else self.product_id
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
        }

    def action_accept(self):
        """Say that these are right as they are; they no longer count."""
        self.check_access("write")
        for fault in self.filtered(lambda fault: not fault.until):
            if fault.kind not in ("near_name", "duplicate_code", "di"):
                raise UserError(
                    self.env._(
                        "“%(kind)s” is always a fault. Mend it where it is.",
                        kind=dict(
                            self._fields["kind"]._description_selection(self.env)
                        )[fault.kind],
                    )
                )
        # States are set by these buttons; the person's right was checked above.
        self.sudo().write(
            {
                "accepted": True,
                "accepted_by_id": self.env.uid,
                "until": fields.Date.context_today(self),
            }
        )
        return True

    def action_reconsider(self):
        """Let accepted ones count again from now on."""
        self.check_access("write")
        accepted = self.filtered("accepted")
        accepted.sudo().write({"accepted": False, "accepted_by_id": False})
        return True
