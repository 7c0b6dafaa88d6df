from odoo import models
from odoo.tools import format_date
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

#: What a label tells, by our names of it.
FIELDS = {
    "di": _lt("Device identifier"),
    "lot": _lt("Lot"),
    "serial": _lt("Serial number"),
    "expiry": _lt("Expiry date"),
    "production": _lt("Production date"),
    "sterilisation_lot": _lt("Sterilisation lot"),
    "count": _lt("Number of pieces"),
    "sscc": _lt("Number of the shipping box"),
    "donation": _lt("Donation number"),
}
ANY_ELEMENT = _lt("The element")
#: The same by the identifiers of GS1, MA, AHM, HIBC and ISBT 128 codes.
ELEMENTS = {
    identifier: FIELDS[field]
    for field, identifiers in (
        ("sscc", ("00",)),
        ("di", ("01", "02", "MA", "AHM", "HIBC", "=/", "=)")),
        ("lot", ("10", "BN", "L", "$", "$$", "&,1", "&)")),
        ("production", ("11", "M", "MD", "16D", "=}", "&}")),
        ("expiry", ("17", "7003", "E", "V", "ED", "14D", "=>", "&>")),
        ("serial", ("21", "S", "SN", "$+", "$$+", "=,")),
        ("count", ("30", "37")),
        ("sterilisation_lot", ("D",)),
        ("donation", ("=",)),
    )
    for identifier in identifiers
}
#: What is said of a pack that was read.
WARNINGS = {
    "lot_missing": _lt(
        "The barcode names no lot of %(item)s. Scan the second barcode of the pack, or "
        "enter the lot."
    ),
    "unknown_lot": _lt("Lot %(lot)s of %(item)s is not known here yet."),
    "taken_as_lot": _lt(
        "%(code)s follows no standard and was taken as the lot number. Compare it with "
        "the label."
    ),
    "expired": _lt("This lot is expired. Set it aside."),
    "held": _lt("Lot %(lot)s is on hold: %(reason)s"),
}


class MedScan(models.AbstractModel):
    """The sentences that people read after a scan."""

    _inherit = "med.scan"

    def _broken(self, error, code):
        """What is wrong with ``code``, where, in which element, and what to do."""
        what = self._what_is_wrong(error)
        if error.code == "empty":
            return what
        if error.code == "too_long":
            shown = code.strip()[:40] + "…"
        else:
            at = error.position - 1
            shown = f"{code[max(0, at - 30) : at]}▸{code[at : at + 10]}".strip()
            shown = "".join(c if c.isprintable() else "␝" for c in shown)
        return self.env._(
            "%(what)s\n"
            "Position %(position)s of the code: %(code)s\n"
            "Scan it again. If it cannot be read, enter the item and its lot by hand.",
            what=what,
            position=error.position,
            code=shown,
        )

    def _what_is_wrong(self, error):
        element = self._element(error.element)
        return {
            "empty": self.env._("The barcode is empty. Scan it again."),
            "too_long": self.env._("The barcode is longer than any label of a pack."),
            "unknown_identifier": self.env._(
                "The barcode holds an element that the standard does not know."
            ),
            "unclosed_bracket": self.env._("A bracket of the barcode is not closed."),
            "missing_value": self.env._("%(element)s is empty.", element=element),
            "short_value": self.env._("%(element)s is too short.", element=element),
            "long_value": self.env._("%(element)s is too long.", element=element),
            "wrong_character": self.env._(
                "%(element)s holds a character that cannot be there.", element=element
            ),
            "wrong_check_digit": self.env._(
                "%(element)s has a wrong check digit: a digit was misread or mistyped.",
                element=element,
            ),
            "wrong_date": self.env._("%(element)s is no date.", element=element),
            "repeated_identifier": self.env._(
                "%(element)s is there twice, with different values.", element=element
            ),
        }[error.code]

    def _element(self, identifier):
        """The element by the name that its reader knows, with its identifier."""
        name = self.env._(ELEMENTS.get(identifier, ANY_ELEMENT))
        return f"{name} ({identifier})" if identifier else name

    def _two_barcodes_disagree(self, conflict):
        return self.env._(
            "The two barcodes of this pack disagree: %(field)s is %(first)s on the "
            "first and %(second)s on the second.\n"
            "Scan both barcodes of one and the same pack.",
            field=self._field_name(conflict.field),
            first=self._shown(conflict.first),
            second=self._shown(conflict.second),
        )

    def _field_name(self, field):
        return self.env._(FIELDS[field])

    def _shown(self, value):
        return format_date(self.env, value) if hasattr(value, "year") else value

    def _label(self, answer):
        """One line: what the code was understood to say."""
        product = self.env["product.product"].browse(answer["product_id"] or ())
        parts = [product.display_name or answer["di"]]
        if product:
            parts.append(f"{answer['quantity']:g} {product.uom_id.name}")
        for field, value in (
            ("lot", answer["batch"]),
            ("serial", answer["serial"]),
            ("expiry", answer["expiry"]),
            ("production", answer["production"]),
            ("sterilisation_lot", answer["sterilisation_lot"]),
        ):
            if value:
                parts.append(f"{self._field_name(field)}: {self._shown(value)}")
        return " · ".join(part for part in parts if part)

    def _warning(self, flag, answer, product, lot):
        """The sentences of one flag; none for a flag that is not ours."""
        if flag == "unknown_code":
            return [self._unknown(answer["di"] or answer["code"])]
        if flag == "conflict":
            return [self._conflict(*conflict) for conflict in answer["conflicts"]]
        if flag not in WARNINGS:
            return []
        return [
            self.env._(WARNINGS[flag])
            % {
                "item": product.display_name,
                "lot": answer["lot_name"],
                "code": answer["lot_name"],
                "reason": lot.med_hold_reason or self.env._("no reason given"),
            }
        ]

    def _conflict(self, field, known, read):
        return self.env._(
            "%(field)s: the label says %(read)s, our books say %(known)s. "
            "Compare with the pack before you go on.",
            field=self._field_name(field),
            read=self._shown(read),
            known=self._shown(known),
        )

    def _unknown(self, code):
        piece = self._item_of_the_piece(code)
        if piece:
            return self.env._(
                "%(code)s may be a larger pack of %(item)s. Enter it among the item's "
                "device identifiers, with the number of pieces in it.",
                code=code,
                item=piece.display_name,
            )
        return self.env._(
            "No item has the code %(code)s. Choose the item by hand, or enter the code "
            "among its device identifiers.",
            code=code,
        )
