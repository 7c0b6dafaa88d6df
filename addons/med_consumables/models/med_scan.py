from datetime import UTC, datetime

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core.udi import Udi, UdiConflict, UdiError, merge, parse

#: The answer to a code of which nothing is known; every key is always there.
#: Tuples, so that no answer writes into another: ``_blank`` makes lists of them.
UNKNOWN = {
    "kind": "unknown",
    "code": "",
    "agency": False,
    "di": False,
    "product_id": False,
    "lot_id": False,
    "lot_name": False,
    "batch": False,
    "serial": False,
    "expiry": False,
    "production": False,
    "sterilisation_lot": False,
    "quantity": 1.0,
    "location_id": False,
    "label": "",
    "warnings": (),
    "flags": (),
    "conflicts": (),
    "merged": False,
}
#: No code of our own is longer; a longer one is a UDI or nothing.
LONGEST_OWN = 100
PRODUCTION = ("serial", "expiry", "production", "sterilisation_lot")


class MedScan(models.AbstractModel):
    """What a scanned code says, and which of our records it means.

    One door for receiving, issuing, counting, use and recall. ``_read`` returns a dict
    with the keys of ``UNKNOWN``:

    - ``kind``: item (its product is known), production (the second barcode of a pack,
      which names no item), location, unknown, and what ``_recognise`` adds;
    - ``lot_name`` is the name under which stock keeps the pieces (the serial number of
      an item tracked by serial numbers), ``batch`` the maker's lot;
    - ``quantity`` is in the product's own unit, from the pack level;
    - ``label`` says in one sentence what was understood;
    - ``warnings`` are sentences, ``flags`` their codes: expired, held, unknown_lot,
      lot_missing, unknown_code, conflict, taken_as_lot;
    - ``conflicts`` lists where label and books differ: (field, known, read);
    - ``merged``: ``first`` was the other barcode of this pack and is in the answer.
    """

    _name = "med.scan"
    _description = "Scan"

    @api.model
    def read_barcode(self, code, department_id=None, first=None):
        """``_read`` for screens, on behalf of the person who scans."""
        department = self.env["med.department"].browse(department_id or ())
        return self._read(code, department, first)

    @api.model
    def _read(self, code, department=None, first=None):
        """Read one barcode; ``first`` is the answer to the first of two barcodes.

        Raises a UserError that says what is wrong, where and in which element.
        """
        code = code or ""
        text = code.strip()
        if text and text.isprintable() and len(text) <= LONGEST_OWN:
            found = self._recognise(text, department)
            if found:
                return {**self._blank(), "code": code, **found}
        first = self._revive(first)
        udi, flags = self._parse(code, first)
        merged = bool(first) and self._belongs_to(udi, first)
        if merged:
            udi = self._merge(udi, first)
        answer = {**self._answer(udi), "code": code, "flags": flags, "merged": merged}
        self._add_lot(answer)
        self._add_warnings(answer)
        answer["label"] = self._label(answer)
        return answer

    @api.model
    def _recognise(self, code, department=None):
        """What ``code`` is if it is no UDI: a dict of the keys that apply, or None.

        Extensions call super first and look only where it found nothing.
        """
        location = self.env["stock.location"].search([("barcode", "=", code)], limit=1)
        if not location:
            return None
        return {
            "kind": "location",
            "location_id": location.id,
            "label": self.env._("Place: %(place)s", place=location.display_name),
        }

    def _blank(self):
        """An answer of one's own, with nothing in it yet."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in UNKNOWN.items()
        }

    # ---- one barcode -----------------------------------------------------------------

    def _parse(self, code, first):
        """(what the barcode says, flags); read as a second barcode if one is due."""
        today = self._today()
        try:
            udi = parse(code, today)
        except UdiError as error:
            raise UserError(self._broken(error, code)) from error
        if udi.agency != "hospital" or self._item_of(udi)[0]:
            return udi, []
        due = bool(first) and bool(first["di"]) and not first["batch"]
        try:
            second = parse(code, today, expects_production=True)
        except UdiError as error:
            if not due:
                return udi, []
            lot = code.strip()
            if not self._may_be_a_bare_lot(lot, error):
                raise UserError(self._broken(error, code)) from error
            # Some makers print the lot number as a barcode of its own.
            return Udi("hospital", lot=lot), ["taken_as_lot"]
        return (second if due or self._says_lot_and_day(second) else udi), []

    def _says_lot_and_day(self, udi):
        """Whether a code without FNC1 is the second barcode of a pack beyond doubt."""
        return bool((udi.lot or udi.serial) and (udi.expiry or udi.production))

    def _may_be_a_bare_lot(self, text, error):
        return (
            error.code == "unknown_identifier"
            and not text[:2].isdigit()
            and text.isascii()
            and text.isprintable()
            and len(text) <= 20
        )

    def _today(self):
        return self.env.company._med_day(datetime.now(UTC).replace(tzinfo=None))

    # ---- two barcodes ----------------------------------------------------------------

    def _revive(self, first):
        """``first`` as we gave it, with the dates that a screen sent back as text."""
        if not first or first.get("kind") not in ("item", "production", "unknown"):
            return None
        days = {
            name: fields.Date.to_date(first.get(name)) or False
            for name in ("expiry", "production")
        }
        return {**self._blank(), **first, **days}

    def _belongs_to(self, udi, first):
        """Whether ``udi`` is the other barcode of the pack of ``first``."""
        if not udi.di or not first["di"]:
            return bool(udi.di) != bool(first["di"])
        # Both name the item: one of them names nothing else.
        says_more = first["batch"] or any(first[name] for name in PRODUCTION)
        return udi.di == first["di"] and udi.says_production and not says_more

    def _merge(self, udi, first):
        known = Udi(
            first["agency"] or udi.agency,
            di=first["di"] or None,
            lot=first["batch"] or None,
            **{name: first[name] or None for name in PRODUCTION},
        )
        try:
            return merge(known, udi)
        except UdiConflict as conflict:
            raise UserError(self._two_barcodes_disagree(conflict)) from conflict

    # ---- the answer ------------------------------------------------------------------

    def _answer(self, udi):
        product, units = self._item_of(udi)
        kind = "item" if product else "unknown"
        if not product and not udi.di and udi.says_production:
            kind = "production"
        of_stock = udi.serial if product.tracking == "serial" else udi.lot
        return {
            **self._blank(),
            "kind": kind,
            "agency": udi.agency,
            "di": udi.di or False,
            "product_id": product.id,
            "lot_name": of_stock or udi.lot or udi.serial or False,
            "batch": udi.lot or False,
            **{name: getattr(udi, name) or False for name in PRODUCTION},
            "quantity": units * (udi.count or 1),
        }
