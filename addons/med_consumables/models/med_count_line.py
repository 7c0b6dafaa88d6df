from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..core.count import within_tolerance


class MedCountLine(models.Model):
    """One counted line: what the books expected and what a person found.

    Accuracy is the share of counted lines within tolerance. Lines are only added.
    """

    _name = "med.count.line"
    _description = "Counted Line"
    _order = "day desc, id desc"
    _rec_name = "product_id"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    day = fields.Date(required=True, readonly=True)
    counted_at = fields.Datetime(
        readonly=True, help="When the quantity was entered; it holds from then on."
    )
    user_id = fields.Many2one("res.users", string="Counted by", readonly=True)
    kind = fields.Selection(
        [("inventory", "Count of stock"), ("daily", "Daily piece check")],
        required=True,
        readonly=True,
        default="inventory",
    )
    location_id = fields.Many2one("stock.location", required=True, readonly=True)
    department_id = fields.Many2one("med.department", readonly=True, index=True)
    product_id = fields.Many2one(
        "product.product", string="Item", required=True, readonly=True, index=True
    )
    product_categ_id = fields.Many2one(related="product_id.categ_id", store=True)
    abc = fields.Selection([("A", "A"), ("B", "B"), ("C", "C")], readonly=True)
    lot_id = fields.Many2one("stock.lot", readonly=True)
    uom_id = fields.Many2one(related="product_id.uom_id")
    expected = fields.Float(digits="Product Unit", readonly=True)
    counted = fields.Float(digits="Product Unit", readonly=True)
    difference = fields.Float(digits="Product Unit", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    value_difference = fields.Monetary(readonly=True)
    within = fields.Boolean(
        string="Within Tolerance",
        readonly=True,
        help="The difference is no more than the tolerance of the item's class.",
    )
    accuracy = fields.Float(
        string="Accuracy (%)",
        readonly=True,
        aggregator="avg",
        help="100 where the line is within tolerance, else 0: on average the share of "
        "counted lines that were right.",
    )
    reason = fields.Char(readonly=True)
    settles = fields.Boolean(
        readonly=True,
        help="The count set what lies on the shelf: use from before it that is "
        "reported later leaves the shelf as it was counted.",
    )
    settling_move_ids = fields.One2many(
        "stock.move", "med_count_line_id", string="Settled by"
    )
    explained = fields.Float(
        string="Explained Later",
        digits="Product Unit",
        compute="_compute_explained",
        store=True,
        help="Use from before this count that was reported after it, less returns: it "
        "was no loss.",
    )
    unexplained = fields.Float(
        string="Unexplained",
        digits="Product Unit",
        compute="_compute_explained",
        store=True,
        help="What is left of the difference.",
    )
    late_use_ids = fields.One2many(
        "med.consumption", "counted_line_id", string="Reported Late"
    )

    _settles_idx = models.Index("(product_id, counted_at) WHERE settles")

    @api.depends("difference", "settling_move_ids.state", "settling_move_ids.quantity")
    def _compute_explained(self):
        for line in self:
            put_back = sum(
                move.quantity
                if move.location_dest_id == line.location_id
                else -move.quantity
                for move in line.settling_move_ids
                if move.state == "done"
            )
            line.explained = line.uom_id.round(put_back)
            line.unexplained = line.uom_id.round(line.difference + put_back)

    def write(self, vals):
        raise UserError(self.env._("A counted line is never changed; count again."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A counted line is never deleted."))

    @api.model
    def _log(self, rows):
        """Keep counted lines; ``rows`` lack what follows from the item and figures."""
        # Nobody writes this list by hand: it follows from a count.
        self = self.sudo()  # noqa: PLW0642
        locations = self.location_id.browse({row["location_id"] for row in rows})
        departments = locations._med_departments()
        complete = []
        for row in rows:
            company = self.company_id.browse(row["company_id"])
            product = self.product_id.browse(row["product_id"]).with_company(company)
            difference = product.uom_id.round(row["counted"] - row["expected"])
            right = within_tolerance(
                row["expected"], row["counted"], company._med_count_tolerance(product)
            )
            place = locations.browse(row["location_id"])
            complete.append(
                {
                    "department_id": departments[place].id,
                    "abc": product.med_abc,
                    "user_id": self.env.uid,
                    "day": company._med_day(fields.Datetime.now()),
                    "difference": difference,
                    "value_difference": difference * product.standard_price,
                    "within": right,
                    "accuracy": 100.0 if right else 0.0,
                    **row,
                }
            )
        return self.create(complete)

    def _prepare_settling_move(self, quantity, sign):
        """Undo ``quantity`` of the loss (``sign`` 1) or of the surplus (-1)."""
        product = self.product_id.with_company(self.company_id)
        places = [product.property_stock_inventory, self.location_id][::sign]
        day = self.counted_at and self.company_id._med_day(self.counted_at)
        same = {
            "product_id": product.id,
            "company_id": self.company_id.id,
            "location_id": places[0].id,
            "location_dest_id": places[1].id,
            "picked": True,
        }
        line = {
            **same,
            "product_uom_id": product.uom_id.id,
            "lot_id": self.lot_id.id,
            "quantity": quantity,
        }
        return {
            **same,
            "product_uom": product.uom_id.id,
            "product_uom_qty": quantity,
            "is_inventory": True,
            "inventory_name": self.env._(
                "Reported after the count of %(day)s that found it", day=day
            ),
            "med_count_line_id": self.id,
            "move_line_ids": [Command.create(line)],
        }

    def action_view_late_use(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_consumption_action"
        )
        action["domain"] = [("counted_line_id", "=", self.id)]
        action["context"] = {}
        return action
