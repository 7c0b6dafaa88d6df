from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..core.mfn import PIECES
from .med_his_code import UNKNOWN
from .outcome import Outcome, waits

#: What a master says, and which field of an item it would be. Only what the item's
#: data owner decides on is proposed; the rest is shown beside it.
PROPOSED = {
    "name": "name",
    "specification": "med_specification",
    "manufacturer": "med_manufacturer",
    "charge_code": "med_charge_code",
    "gtin": "barcode",
}


class MedHisItem(models.Model):
    """An item as another system's master describes it, beside ours.

    new ──create / link──> known        differences become item changes, which the
     └──leave out──> left out            item's data owner decides on

    Nothing of ours changes by a message: a master proposes.
    """

    _name = "med.his.item"
    _description = "Item of Another System"
    _order = "channel_id, code"
    _rec_name = "code"
    _inherit = ["med.his.guarded.export", "med.stepped", "mail.thread"]
    _check_company_auto = True
    # What their master says, and what became of it; not which item it may be.
    _med_set_by_steps = frozenset(
        {
            "channel_id",
            "company_id",
            "code",
            "name",
            "specification",
            "manufacturer",
            "category",
            "catalogue",
            "charge_code",
            "uom",
            "gtin",
            "status",
            "gone",
            "message_id",
            "product_id",
            "state",
        }
    )

    channel_id = fields.Many2one("med.his.channel", required=True, readonly=True)
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    code = fields.Char(required=True, readonly=True)
    name = fields.Char(readonly=True, tracking=True)
    specification = fields.Char(readonly=True)
    manufacturer = fields.Char(readonly=True)
    category = fields.Char(readonly=True)
    catalogue = fields.Char(string="Catalogue Number", readonly=True)
    charge_code = fields.Char(readonly=True)
    uom = fields.Char(string="Their Unit", readonly=True)
    gtin = fields.Char(string="GTIN", readonly=True)
    status = fields.Char(string="Their Status", readonly=True)
    gone = fields.Boolean(
        string="Deactivated There",
        readonly=True,
        tracking=True,
        help="The other system has taken the item out of use.",
    )
    message_id = fields.Many2one(
        "med.his.message",
        string="Last Message",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    product_id = fields.Many2one(
        "product.product",
        string="Our Item",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
    )
    state = fields.Selection(
        [("new", "New"), ("known", "Known"), ("left_out", "Left Out")],
        required=True,
        readonly=True,
        default="new",
        tracking=True,
    )
    link_product_id = fields.Many2one(
        "product.product",
        string="Is Our Item",
        domain="[('med_consumable', '=', True)]",
        help="Choose the item that it is, then press Link.",
    )
    change_count = fields.Integer(compute="_compute_change_count")

    _code_uniq = models.Constraint(
        "unique(channel_id, code)", "This item was announced already."
    )

    def _compute_change_count(self):
        counts = dict(
            self.env["med.master.change"]
            .sudo()  # how many are open is no secret
            ._read_group(
                [
                    ("product_tmpl_id", "in", self.product_id.product_tmpl_id.ids),
                    ("state", "=", "asked"),
                ],
                ["product_tmpl_id"],
                ["__count"],
            )
        )
        for item in self:
            item.change_count = counts.get(item.product_id.product_tmpl_id, 0)

    def action_link(self):
        """It is an item that we have: map its code, and propose what differs."""
        self.check_access("write")
        for item in self:
            if not item.link_product_id:
                raise UserError(
                    self.env._(
                        "Choose under Is Our Item what %(item)s is, or create it.",
                        item=item.display_name,
                    )
                )
            item._know(item.link_product_id)
        return True

    def action_create_item(self):
        """A new item, for the committee to take up and its data owner to complete."""
        self.check_access("write")
        if not self.env.user.has_group("med_consumables.group_data_owner"):
            raise AccessError(
                self.env._("A data owner or an administrator creates items.")
            )
        for item in self.filtered(lambda each: each.state == "new"):
            product = self.env["product.product"].sudo().create(item._item_values())
            item._know(product)
        return True

    def action_leave_out(self):
        """It is none of ours, such as an examination."""
        self.check_access("write")
        self.sudo().write({"state": "left_out"})
        return True

    def action_take_up(self):
        self.check_access("write")
        for item in self:
            item.sudo().state = "known" if item.product_id else "new"
        return True

    def action_view_changes(self):
        self.ensure_one()
        return self.product_id.product_tmpl_id.action_med_changes()

    def _item_values(self):
        self.ensure_one()
        values = {
            "name": self.name or self.code,
            "default_code": self.code,
            "is_storable": True,
            "med_consumable": True,
        }
        for piece, field in PROPOSED.items():
            if self[piece] and piece != "name":
                values[field] = self[piece]
        return values

    def _know(self, product):
        """Their code stands for this item from now on."""
        self.ensure_one()
        self.sudo().write(  # the buttons have asked who may
            {"product_id": product.id, "state": "known", "link_product_id": False}
        )
        # The operator maps codes; a data owner who creates the item does so, too.
        Code = self.env["med.his.code"].sudo()
        matches = Code._match_items(self.sudo().channel_id, {self.code})
        if matches.get(self.code, UNKNOWN).ids != frozenset(product.ids):
            Code.create(
                {
                    "channel_id": self.channel_id.id,
                    "kind": "item",
                    "code": self.code,
                    "description": self.name,
                    "product_id": product.id,
                }
            )
        self._propose({piece: self[piece] for piece in PROPOSED if self[piece]})

    def _propose(self, said):
        """Ask for the changes that would make our item what their master says."""
        self.ensure_one()
        template = self.product_id.product_tmpl_id
        wanted = {}
        for piece, value in said.items():
            field = PROPOSED.get(piece)
            if field and (template[field] or "") != (value or ""):
                wanted[field] = value or ""
        if not wanted:
            return 0
        # On behalf of the sender: its master asks, the item's owner decides.
        Change = self.env["med.master.change"].sudo()
        open_ones = Change.search(
            [("product_tmpl_id", "=", template.id), ("state", "=", "asked")]
        )
        asked = {change.field_name: change for change in open_ones}
        for field, value in wanted.items():
            if field in asked and (asked[field].new_value or "") == value:
                continue
            change = Change.create(
                {
                    "product_tmpl_id": template.id,
                    "field_name": field,
                    "new_value": value or False,
                    "company_id": self.company_id.id,
                    "reason": self.env._(
                        "The item master of %(channel)s says so (%(code)s).",
                        channel=self.sudo().channel_id.name,
                        code=self.code,
                    ),
                }
            )
            change.action_ask()
        return len(wanted)


class MedHisMessage(models.Model):
    _inherit = "med.his.message"

    @api.model
    def _apply_items(self, channel, message, entries):
        """An item master: every entry is noted, and what differs is proposed."""
        Item, Code = self.env["med.his.item"], self.env["med.his.code"]
        known = {
            item.code: item
            for item in Item.search(
                [
                    ("channel_id", "=", channel.id),
                    ("code", "in", [entry.code for entry in entries]),
                ]
            )
        }
        matches = Code._match_items(channel, {entry.code for entry in entries})
        for entry in entries:
            said = {name: entry.said[name] for name in PIECES if name in entry.said}
            # An empty field says nothing; an explicit null takes the value away.
            values = {name: value or False for name, value in said.items()}
            values |= {"gone": entry.gone, "message_id": message.id}
            match = matches.get(entry.code, UNKNOWN)
            item = known.get(entry.code)
            if not match.problem and not match.ignored:
                values |= {"product_id": match.id, "state": "known"}
            elif match.ignored and not item:
                values["state"] = "left_out"
            if item:
                item.write(values)
            else:
                item = Item.create(
                    {"channel_id": channel.id, "code": entry.code, **values}
                )
                known[entry.code] = item
            if item.product_id and item.state == "known" and not entry.gone:
                item._propose(said)
        return len(entries)

    @api.model
    def _apply_crosswalk(self, channel, message, entries):
        """A charge master: its charge codes stand for the items they name (CDM-9)."""
        Code = self.env["med.his.code"]
        wanted = [entry for entry in entries if entry.item_code and not entry.gone]
        items = Code._match_items(channel, {entry.item_code for entry in wanted})
        mapped = {
            mapping.code: mapping
            for mapping in Code.search(
                [
                    ("channel_id", "=", channel.id),
                    ("kind", "=", "item"),
                    ("code", "in", [entry.charge_code for entry in entries]),
                ]
            )
        }
        made = 0
        for entry in wanted:
            match = items.get(entry.item_code, UNKNOWN)
            if match.problem:
                code = f"{match.problem}_item"
                raise waits(code, entry.position, cause=entry.item_code)
            if match.ignored:
                continue
            made += self._map_charge(channel, entry, match, mapped)
        return Outcome(
            "processed", made_count=made, skipped_count=len(entries) - len(wanted)
        )

    @api.model
    def _map_charge(self, channel, entry, match, mapped):
        mapping = mapped.get(entry.charge_code)
        if mapping and mapping.product_id.id != match.id:
            raise waits(
                "crosswalk",
                entry.position,
                self.env._(
                    "The code map has %(item)s for it; change it there if the charge "
                    "master is right.",
                    item=mapping.product_id.display_name
                    or self.env._("that it is left out"),
                ),
                cause=entry.charge_code,
            )
        if not mapping:
            mapped[entry.charge_code] = self.env["med.his.code"].create(
                {
                    "channel_id": channel.id,
                    "kind": "item",
                    "code": entry.charge_code,
                    "description": entry.name or False,
                    "product_id": match.id,
                    "factor": match.factor,
                }
            )
        return 1
