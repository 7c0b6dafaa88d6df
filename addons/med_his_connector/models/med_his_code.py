from dataclasses import dataclass

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

#: Where an item's code is looked for where it has no mapping, best place first.
ITEM_FIELDS = ("med_charge_code", "med_hospital_code", "default_code", "barcode")


@dataclass(frozen=True, slots=True)
class Match:
    """What a code of theirs stands for here. ``problem`` is an error code or ''."""

    ids: frozenset = frozenset()
    factor: float = 1.0
    ignored: bool = False
    mapped: bool = False

    @property
    def problem(self):
        if self.ignored or len(self.ids) == 1:
            return ""
        return "ambiguous" if self.ids else "unknown"

    @property
    def id(self):
        return next(iter(self.ids))


UNKNOWN = Match()


class MedHisCode(models.Model):
    """One code of a sender, and what it stands for here.

    Codes that are the same on both sides need no mapping: see ``_match_items`` and
    ``_match_departments``.
    """

    _name = "med.his.code"
    _description = "Interface Code"
    _inherit = ["med.his.guarded.export"]
    _order = "channel_id, kind, code"
    _rec_name = "code"

    channel_id = fields.Many2one(
        "med.his.channel", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    kind = fields.Selection(
        [
            ("item", "Item"),
            ("department", "Department"),
            ("unit", "Unit"),
            ("procedure", "Procedure or Test"),
        ],
        required=True,
        default="item",
    )
    code = fields.Char(required=True, help="As the other system sends it.")
    description = fields.Char(help="What the other system calls it.")
    ignored = fields.Boolean(
        string="Leave Out",
        help="Lines with this code are none of ours, such as an examination: they are "
        "left out, and the rest of their message is recorded. A unit that is left out "
        "is not looked at.",
    )
    product_id = fields.Many2one(
        "product.product",
        domain="[('med_consumable', '=', True)]",
        index="btree_not_null",
    )
    department_id = fields.Many2one("med.department", index="btree_not_null")
    uom_id = fields.Many2one("uom.uom", string="Unit")
    procedure_id = fields.Many2one("med.procedure", index="btree_not_null")
    factor = fields.Float(
        default=1.0,
        digits=(16, 6),
        help="How many of our units one of theirs is: 10 where they count boxes of "
        "ten. Anything but 1 goes before a unit that the message names.",
    )

    _code_uniq = models.Constraint(
        "unique(channel_id, kind, code)", "This channel maps this code already."
    )
    _factor_positive = models.Constraint(
        "CHECK(factor > 0)", "One of their units is more than zero of ours."
    )

    @api.constrains(
        "kind", "ignored", "product_id", "department_id", "uom_id", "procedure_id"
    )
    def _check_target(self):
        for mapping in self:
            target = mapping._target()
            if not target and not mapping.ignored:
                raise ValidationError(
                    self.env._(
                        "Say what the code %(code)s stands for, "
                        "or that it is left out.",
                        code=mapping.code,
                    )
                )

    @api.constrains("department_id", "product_id", "procedure_id", "channel_id")
    def _check_company(self):
        for mapping in self:
            # Also of what whoever maps may not read: that is the point.
            target = mapping.sudo()._target()
            if mapping.kind == "unit" or not target.company_id:
                continue
            if target.company_id != mapping.company_id:
                raise ValidationError(
                    self.env._(
                        "%(target)s belongs to another company than the channel "
                        "%(channel)s.",
                        target=target.display_name,
                        channel=mapping.channel_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        mappings = super().create([_without_spaces(vals) for vals in vals_list])
        mappings._log_change("+")
        if not self.env.context.get("med_mapped_at_desk"):
            mappings._retry_waiting()
        # The assistant from which a code was mapped shows at once what it stands for.
        assistant = self.env.context.get("med_assistant_id")
        self.env["med.his.assistant"].browse(assistant or ()).exists()._read_again()
        return mappings

    def write(self, vals):
        result = super().write(_without_spaces(vals))
        self._log_change("=")
        self._retry_waiting()
        return result

    def unlink(self):
        self._log_change("-")
        return super().unlink()

    def _log_change(self, sign):
        """On the audit trail: which code stands for what from now on."""
        for channel, mappings in self.grouped("channel_id").items():
            first = mappings[0]
            target = first._target().display_name or "-"
            self.env["med.his.event"]._log(
                "map",
                channel=channel,
                count=len(mappings),
                detail=f"{sign} {first.kind} {first.code} → {target}"[:200],
            )

    def _target(self):
        self.ensure_one()
        targets = {
            "item": self.product_id,
            "department": self.department_id,
            "unit": self.uom_id,
            "procedure": self.procedure_id,
        }
        return targets[self.kind]

    def action_retry_waiting(self):
        """What waited for these codes goes on now."""
        self.check_access("write")
        self._retry_waiting()
        return {"type": "ir.actions.act_window_close"}

    def action_try_out(self):
        """What would become of the messages that wait for these codes."""
        waiting = self._waiting()
        if not waiting:
            raise UserError(self.env._("No message waits for this code."))
        trial = self.env["med.his.trial"]._of(waiting)
        return trial._get_records_action(target="new", name=self.env._("Dry Run"))

    def _retry_waiting(self):
        """Every message that waited for one of these codes is tried again."""
        self._waiting()._queue_again()

    def _waiting(self):
        Message = self.env["med.his.message"]
        waiting = Domain.OR(
            Domain("channel_id", "=", mapping.channel_id.id)
            & Domain("error_code", "in", Message._codes_of_kind(mapping.kind))
            & Domain("cause_code", "=", mapping.code)
            for mapping in self
        )
        return Message.search(Domain("state", "=", "exception") & waiting, order="id")

    # What codes stand for; each method looks up all codes of a batch at once.

    @api.model
    def _match_items(self, channel, codes):
        """``{code: Match}`` of products: by mapping, by their own codes, by UDI.

        A device identifier of a box counts as the pieces in it.
        """
        matches = self._mapped(channel, "item", codes)
        left = set(codes) - set(matches)
        if not left:
            return matches
        products = self.env["product.product"].search(
            Domain("med_consumable", "=", True)
            & Domain("company_id", "in", (False, channel.company_id.id))
            & Domain.OR(Domain(name, "in", list(left)) for name in ITEM_FIELDS)
        )
        for name in ITEM_FIELDS:
            found = products.grouped(name)
            for code in left & found.keys():
                matches[code] = Match(frozenset(found[code].ids))
            left -= found.keys()
        own = ("product_id.company_id", "in", (False, channel.company_id.id))
        for udi in self.env["med.udi"].search([("di", "in", list(left)), own]):
            product = frozenset(udi.product_id.ids)
            matches[udi.di] = Match(product, udi.base_units or 1.0)
        return matches

    @api.model
    def _item_problems(self, channel, codes, items):
        """``{code: what to say}`` of codes that ``items`` has no usable match for."""
        codes = [code for code in codes if code and items.get(code, UNKNOWN).problem]
        if not codes:
            return {}
        company = ("company_id", "in", (False, channel.company_id.id))
        archived = self.env["product.product"].search(
            Domain("active", "=", False)
            & Domain("med_consumable", "=", True)
            & Domain(*company)
            & Domain.OR(Domain(name, "in", codes) for name in ITEM_FIELDS)
        )
        packs = self.env["med.pack.template"].search([("name", "in", codes), company])
        found = dict.fromkeys(packs.mapped("name"), "kit_item")
        for name in ITEM_FIELDS:
            found |= dict.fromkeys(archived.mapped(name), "inactive_item")
        return found

    @api.model
    def _match_departments(self, channel, codes):
        """``{code: Match}`` of departments: by mapping, else by their own code."""
        matches = self._mapped(channel, "department", codes)
        departments = self.env["med.department"].search(
            [
                ("code", "in", list(set(codes) - set(matches))),
                ("company_id", "=", channel.company_id.id),
            ]
        )
        for department in departments:
            matches[department.code] = Match(frozenset(department.ids))
        return matches

    @api.model
    def _match_procedures(self, channel, codes):
        """``{code: Match}`` of procedures and tests: by mapping, else by their code."""
        matches = self._mapped(channel, "procedure", codes)
        procedures = self.env["med.procedure"].search(
            [
                ("code", "in", list(set(codes) - set(matches))),
                ("company_id", "=", channel.company_id.id),
            ]
        )
        for procedure in procedures:
            matches[procedure.code] = Match(frozenset(procedure.ids))
        return matches

    @api.model
    def _match_units(self, channel, codes):
        """``{code: Match}`` of units: by mapping, else by name in any language."""
        matches = self._mapped(channel, "unit", codes)
        left = set(codes) - set(matches)
        if not left:
            return matches
        found = {}
        for language, _name in self.env["res.lang"].get_installed():
            Unit = self.env["uom.uom"].with_context(lang=language)
            named = Domain.OR(Domain("name", "=ilike", _literal(code)) for code in left)
            for unit in Unit.search(named):
                found.setdefault(unit.name.casefold(), set()).add(unit.id)
        for code in left:
            if ids := found.get(code.casefold()):
                matches[code] = Match(frozenset(ids))
        return matches

    @api.model
    def _mapped(self, channel, kind, codes):
        mappings = self.search_fetch(
            [
                ("channel_id", "=", channel.id),
                ("kind", "=", kind),
                ("code", "in", list(codes)),
            ],
            [
                "code",
                "ignored",
                "factor",
                "product_id",
                "department_id",
                "uom_id",
                "procedure_id",
            ],
        )
        return {
            mapping.code: Match(
                frozenset(mapping._target().filtered("active").ids),
                mapping.factor,
                mapping.ignored,
                mapped=True,
            )
            for mapping in mappings
        }


def _without_spaces(vals):
    """Lists from elsewhere come with spaces around their codes."""
    code = vals.get("code")
    return {**vals, "code": code.strip()} if isinstance(code, str) else vals


def _literal(text):
    """``text`` for a pattern search that shall find only itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
