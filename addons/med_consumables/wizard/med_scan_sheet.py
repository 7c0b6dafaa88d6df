import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

#: From the answer to a scan to the line it becomes.
OF_LABEL = ("lot_id", "lot_name", "expiry", "production", "sterilisation_lot")


class MedScanSheet(models.AbstractModel):
    """A sheet filled by scanning: what was understood stands there before it counts.

    Each scan passes through the onchange of ``code``. Equal scans count up one line. A
    label without lot leaves a line that the second barcode of the pack completes.
    Sheets define ``line_ids`` and say in ``_refusal`` what they do not take.
    """

    _name = "med.scan.sheet"
    _description = "Scan Sheet"

    code = fields.Char(trim=False)
    message = fields.Text(readonly=True)
    level = fields.Selection(
        [("ok", "Understood"), ("warning", "Look here"), ("error", "Refused")],
        readonly=True,
    )
    # The first of two barcodes, waiting for the second.
    pending = fields.Char()

    @api.onchange("code")
    def _onchange_code(self):
        code, self.code = self.code, False
        if not code:
            return
        first = json.loads(self.pending) if self.pending else None
        try:
            answer = self.env["med.scan"]._read(code, first=first)
            self._take(answer, first)
        except UserError as refusal:
            self._say("error", str(refusal))

    def _take(self, answer, first):
        kind = answer["kind"]
        if kind == "location":
            self._take_location(answer)
        elif kind == "production":
            self.pending = self._kept(answer)
            self._say(
                "warning",
                answer["label"],
                self.env._("Now scan the barcode that names the item."),
            )
        elif not answer["product_id"]:
            self._say("error", answer["label"], *answer["warnings"])
        else:
            self._take_item(answer, first)

    def _take_location(self, answer):
        raise UserError(
            self.env._("%(place)s. Scan an item here.", place=answer["label"])
        )

    def _take_item(self, answer, first):
        refusal = self._refusal(answer)
        if refusal:
            raise UserError(refusal)
        if answer["merged"] and first["product_id"]:
            self._take_back(first)
        line = self._count_up(answer)
        waits = "lot_missing" in answer["flags"]
        self.pending = self._kept(answer) if waits else False
        warnings = self._warnings_of(answer, line)
        self._say("warning" if warnings else "ok", answer["label"], *warnings)

    def _refusal(self, answer):
        """Why this sheet does not take what was scanned; falsy if it does."""
        return False

    def _warnings_of(self, answer, line):
        return answer["warnings"]

    def _line_of(self, answer):
        name = answer["lot_name"] or False
        return self.line_ids.filtered(
            lambda line: (
                line.product_id.id == answer["product_id"]
                and (line.lot_name or False) == name
            )
        )[:1]

    def _count_up(self, answer):
        line = self._line_of(answer)
        if line:
            line.quantity += answer["quantity"]
            return line
        self.line_ids = [Command.create(self._prepare_line(answer))]
        return self._line_of(answer)

    def _take_back(self, first):
        """The line of a first barcode: its lot has come, it is counted under that."""
        line = self._line_of({**first, "lot_name": False})
        if line.quantity > first["quantity"]:
            line.quantity -= first["quantity"]
        else:
            self.line_ids -= line

    def _prepare_line(self, answer):
        return {
            "product_id": answer["product_id"],
            "quantity": answer["quantity"],
            "label": answer["label"],
            "conflict": self._conflict(answer),
            **{name: answer[name] for name in OF_LABEL},
        }

    def _conflict(self, answer):
        scan = self.env["med.scan"]
        lot = scan.env["stock.lot"].browse(answer["lot_id"] or ())
        return (
            "\n".join(scan._warning("conflict", answer, lot.product_id, lot)) or False
        )

    def _kept(self, answer):
        return json.dumps(answer, default=str)

    def _say(self, level, *sentences):
        self.level = level
        self.message = "\n".join(sentence for sentence in sentences if sentence)


class MedScanSheetLine(models.AbstractModel):
    """One item and lot on a sheet, in the item's own unit."""

    _name = "med.scan.sheet.line"
    _description = "Scan Sheet: Line"

    product_id = fields.Many2one("product.product", string="Item", required=True)
    tracking = fields.Selection(related="product_id.tracking")
    uom_id = fields.Many2one(related="product_id.uom_id")
    lot_id = fields.Many2one("stock.lot", string="Known Lot")
    lot_name = fields.Char(string="Lot")
    expiry = fields.Date()
    production = fields.Date(string="Made on")
    sterilisation_lot = fields.Char()
    quantity = fields.Float(digits="Product Unit", required=True)
    label = fields.Char(string="Understood")
    conflict = fields.Text()
    answer = fields.Selection(
        [("books", "Keep what our books say"), ("label", "Take what the label says")],
        string="What Is Right",
        help="Label and books differ on this lot. Nothing is overwritten unasked.",
    )

    @api.onchange("lot_name")
    def _onchange_lot_name(self):
        """A lot typed by hand may be one that we know."""
        if not self.product_id or not self.lot_name:
            self.lot_id = False
            return
        self.lot_id = self.env["med.scan"]._lot_of(
            {"product_id": self.product_id.id, "lot_name": self.lot_name.strip()}
        )

    def _check_complete(self):
        """Every line can be acted on: lots are named, conflicts are answered."""
        for line in self:
            if line.product_id.uom_id.compare(line.quantity, 0) <= 0:
                raise UserError(
                    self.env._(
                        "The quantity of %(item)s must be more than zero. Correct it, "
                        "or remove the line.",
                        item=line.product_id.display_name,
                    )
                )
            if line.tracking != "none" and not line.lot_name:
                raise UserError(
                    self.env._(
                        "%(item)s needs its lot. Scan the second barcode of the pack, "
                        "or write the lot into the line.",
                        item=line.product_id.display_name,
                    )
                )
            if line.conflict and not line.answer:
                raise UserError(
                    self.env._(
                        "%(conflict)s\nSay on the line of %(item)s what is right.",
                        conflict=line.conflict,
                        item=line.product_id.display_name,
                    )
                )

    def _correct_lot(self):
        """Complete the lot from its label, or correct it where the person said so.

        Returns the sentences to keep. A blank on the label changes nothing.
        """
        self.ensure_one()
        if not self.lot_id:
            return []
        values = {name: value for name, value in self._lot_values().items() if value}
        corrects = bool(self.conflict) and self.answer == "label"
        changed = {
            name: value
            for name, value in values.items()
            if corrects or not self.lot_id[name]
        }
        if changed:
            self.lot_id.write(changed)
        if not corrects:
            return []
        return [
            self.env._(
                "Lot %(lot)s corrected to its label. %(conflict)s",
                lot=self.lot_name,
                conflict=self.conflict,
            )
        ]

    def _lot_values(self):
        return {
            "expiration_date": self._expiry_moment(),
            "med_production_date": self.production,
            "med_sterilisation_lot": self.sterilisation_lot,
        }

    def _expiry_moment(self):
        """The last moment of the last day of use, in the hospital's time zone."""
        if not self.expiry or not self.product_id.use_expiration_date:
            return False
        return self.env.company._med_last_moment(self.expiry)
