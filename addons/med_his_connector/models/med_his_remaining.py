from datetime import UTC

from odoo import api, fields, models

from .med_his_code import UNKNOWN
from .outcome import waits


class MedHisRemaining(models.Model):
    """What another system says is at a place, beside what our books say.

    It never changes a quantity: a lot on hand in a master file, a cabinet's count or a
    station's remaining quantity is somebody else's snapshot. Where it differs, a person
    counts, or explains.

    open ──> settled          explained or counted; agreeing ones are settled at once
    """

    _name = "med.his.remaining"
    _description = "Stock by Another System"
    _inherit = ["med.stepped"]
    _order = "event_time desc, id desc"
    _rec_name = "product_id"
    _check_company_auto = True
    # All but the reason: it is what they said, and what the books said then.
    _med_set_by_steps = frozenset(
        {
            "channel_id",
            "company_id",
            "message_id",
            "position",
            "kind",
            "event_time",
            "department_id",
            "place_code",
            "product_id",
            "lot_name",
            "expiry",
            "reported_qty",
            "expected_qty",
            "book_qty",
            "difference_qty",
            "state",
            "settled_by_id",
            "settled_at",
        }
    )

    channel_id = fields.Many2one("med.his.channel", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    message_id = fields.Many2one(
        "med.his.message", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    position = fields.Char(string="Place", readonly=True)
    kind = fields.Selection(
        [("count", "On hand"), ("moved", "Moved")], required=True, readonly=True
    )
    event_time = fields.Datetime(string="When", required=True, readonly=True)
    department_id = fields.Many2one(
        "med.department", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    place_code = fields.Char(
        string="Their Place", readonly=True, help="As the other system names it."
    )
    product_id = fields.Many2one(
        "product.product",
        string="Item",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    lot_name = fields.Char(string="Lot", readonly=True)
    expiry = fields.Date(readonly=True)
    reported_qty = fields.Float(string="They Say", digits="Product Unit", readonly=True)
    expected_qty = fields.Float(
        string="They Expected", digits="Product Unit", readonly=True
    )
    book_qty = fields.Float(
        string="Our Books",
        digits="Product Unit",
        readonly=True,
        help="On the department's shelf when the message was processed, less what is "
        "recorded as used and not posted.",
    )
    difference_qty = fields.Float(
        string="Difference",
        digits="Product Unit",
        compute="_compute_difference_qty",
        store=True,
        help="Theirs less ours; what moved has none.",
    )
    state = fields.Selection(
        [("open", "Open"), ("settled", "Settled")],
        required=True,
        readonly=True,
        default="open",
    )
    reason = fields.Char(help="Why it differs, or what was counted.")
    settled_by_id = fields.Many2one("res.users", readonly=True)
    settled_at = fields.Datetime(readonly=True)

    _open_idx = models.Index("(company_id, event_time) WHERE state = 'open'")
    _position_uniq = models.Constraint(
        "unique(message_id, position, kind, product_id)",
        "This message has said so before.",
    )

    @api.depends("kind", "reported_qty", "book_qty")
    def _compute_difference_qty(self):
        for remaining in self:
            counted = remaining.kind == "count"
            difference = remaining.reported_qty - remaining.book_qty
            remaining.difference_qty = difference if counted else 0.0

    def action_settle(self):
        """A person has looked into it; the reason stays."""
        self.check_access("write")
        self.sudo().filtered(lambda each: each.state == "open").write(
            {
                "state": "settled",
                "settled_by_id": self.env.uid,
                "settled_at": fields.Datetime.now(),
            }
        )
        return True

    def action_reopen(self):
        self.check_access("write")
        self.sudo().write(
            {"state": "open", "settled_by_id": False, "settled_at": False}
        )
        return True

    @api.model
    def _note(self, channel, notes):
        """Write down what ``(message, remaining)`` say; what was noted stays as it is.

        Raises ``Settled`` where an item or unit is not known: its message waits for a
        mapping.
        """
        Code = self.env["med.his.code"]
        codes = {
            code for _m, each in notes for code in (each.item_code, *each.alternates)
        }
        items = Code._match_items(channel, codes)
        problems = Code._item_problems(channel, codes, items)
        departments = Code._match_departments(
            channel, {each.department_code for _m, each in notes} - {""}
        )
        units = Code._match_units(channel, {each.uom for _m, each in notes} - {""})
        known = self.search([("message_id", "in", [m.id for m, _each in notes])])
        known = {(r.message_id.id, r.position, r.kind) for r in known}
        values = []
        for message, each in notes:
            if (message.id, each.position, each.kind) in known:
                continue
            item = message._match_item(each, items, problems)
            if item.ignored:
                continue
            department = departments.get(each.department_code, UNKNOWN)
            usable = not department.problem and not department.ignored
            values.append(
                self._values(
                    channel, message, each, item, units, usable and department.id
                )
            )
        books = self._books(values)
        for vals in values:
            vals["book_qty"] = books.get((vals["department_id"], vals["product_id"]), 0)
            agrees = abs(vals["reported_qty"] - vals["book_qty"]) < 1e-6
            if vals["kind"] == "count" and agrees and vals["department_id"]:
                vals["state"] = "settled"
        return self.create(values)

    @api.model
    def _values(self, channel, message, each, item, units, department_id):
        product = self.env["product.product"].browse(item.id)

        def own(quantity):
            if quantity is None:
                return 0.0
            return message._in_own_unit(each, quantity, item, product, units)

        return {
            "channel_id": channel.id,
            "company_id": channel.company_id.id,
            "message_id": message.id,
            "position": each.position,
            "kind": each.kind,
            "event_time": each.event_time.astimezone(UTC).replace(
                tzinfo=None, microsecond=0
            ),
            "department_id": department_id or False,
            "place_code": each.department_code or False,
            "product_id": product.id,
            "lot_name": each.lot or False,
            "expiry": each.expiry or False,
            "reported_qty": own(each.quantity),
            "expected_qty": own(each.expected),
        }

    @api.model
    def _books(self, values):
        """``{(department id, product id): on the shelf less what is not posted}``."""
        departments = self.env["med.department"].browse(
            {vals["department_id"] for vals in values if vals["department_id"]}
        )
        products = {vals["product_id"] for vals in values}
        books = {}
        shelf_of = {d.stock_location_id.id: d.id for d in departments}
        for location, product, quantity in self.env["stock.quant"]._read_group(
            [
                ("location_id", "in", list(shelf_of)),
                ("product_id", "in", list(products)),
            ],
            ["location_id", "product_id"],
            ["quantity:sum"],
        ):
            books[shelf_of[location.id], product.id] = quantity
        for department, product, kind, quantity in self.env[
            "med.consumption"
        ]._read_group(
            [
                ("department_id", "in", departments.ids),
                ("product_id", "in", list(products)),
                ("state", "in", ("recorded", "incident")),
            ],
            ["department_id", "product_id", "kind"],
            ["quantity:sum"],
        ):
            key, sign = (department.id, product.id), 1 if kind == "return" else -1
            books[key] = books.get(key, 0.0) + sign * quantity
        return books


class MedHisMessage(models.Model):
    _inherit = "med.his.message"

    remaining_ids = fields.One2many(
        "med.his.remaining", "message_id", string="Stock They Report", readonly=True
    )

    @api.model
    def _record_lines(self, channel, works):
        recorded = super()._record_lines(channel, works)
        notes = [(work.message, each) for work in works for each in work.remaining]
        if notes:
            self.env["med.his.remaining"]._note(channel, notes)
        return recorded

    @api.model
    def _apply_lots(self, channel, message, entries):
        """Lots on hand of a master file: noted, never booked."""
        noted = self.env["med.his.remaining"]._note(
            channel, [(message, each) for each in entries]
        )
        if not entries:
            raise waits("no_lines", "MFE")
        return len(noted)
