from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..core.device_clock import ClockError, event_time

SOURCE = "scan"
KINDS = ("use", "return", "waste")
#: A phone that was off-line all day sends in parcels of this size.
LARGEST_BATCH = 200


class Unclear(Exception):
    """A scan that its person has to look at again; the text says why."""


class MedPointOfUse(models.AbstractModel):
    """From scans kept on a device to lines of the ledger, each exactly once."""

    _inherit = "med.point.of.use"

    @api.model
    def record(self, batch, device_now):
        """Record scans; the same scans again change nothing.

        A scan has ``key`` (its own, made on the device), department_id, kind, quantity,
        scanned_at (ISO 8601; ``device_now`` is the same clock at this moment) and
        either product_id, lot_name and serial, or the raw ``code`` to read here (then
        quantity counts packs). ``reverses`` is the key of a scan that this one undoes.

        Returns one dict a scan, in order: ``key``, ``status`` (recorded, or mend with
        ``message``) and ``warnings``.
        """
        self._departments()  # who has no business here is told so at once
        if not isinstance(batch, list) or len(batch) > LARGEST_BATCH:
            raise UserError(
                self.env._(
                    "Send at most %(count)s scans at a time.", count=LARGEST_BATCH
                )
            )
        known = self._known_scans(batch)
        answers = [
            {"key": self._text(scan, "key"), "status": "recorded", "warnings": []}
            for scan in batch
        ]
        pairs = list(zip(batch, answers, strict=True))
        # What is undone must be there before what undoes it.
        for undoing in (False, True):
            self._record_scans(
                [p for p in pairs if bool(self._text(p[0], "reverses")) == undoing],
                device_now,
                known,
            )
        return answers

    @api.model
    def _record_scans(self, pairs, device_now, known):
        """Record scans and fill in their answers; ``known`` learns the new lines."""
        fresh = []
        for scan, answer in pairs:
            try:
                if answer["key"] in known:
                    self._check_same(scan, known[answer["key"]])
                    continue
                values, answer["warnings"] = self._line_of(scan, device_now, known)
            except (Unclear, UserError) as refusal:
                answer.update(status="mend", message=str(refusal))
            else:
                fresh.append((values, answer))
        try:
            known.update(self._write_lines([values for values, _answer in fresh]))
        except (UserError, ValidationError):
            # One that fails must not hold up the rest.
            for values, answer in fresh:
                try:
                    known.update(self._write_lines([values]))
                except (UserError, ValidationError) as refusal:
                    answer.update(status="mend", message=str(refusal))

    @api.model
    def _write_lines(self, vals_list):
        # Nobody may write the ledger by hand; this is a door to it, and _line_of has
        # seen to it that the departments are the person's own.
        with self.env.cr.savepoint():
            lines = self.env["med.consumption"].sudo()._record(vals_list)
        return {line.external_key: line for line in lines}

    @api.model
    def _known_scans(self, batch):
        names = ("key", "reverses")
        keys = {self._text(scan, name) for scan in batch for name in names}
        # The answer tells a device of its own scans alone: their keys are its secret.
        lines = (
            self.env["med.consumption"]
            .sudo()
            .search(
                [
                    ("company_id", "in", self._departments().company_id.ids),
                    ("source", "=", SOURCE),
                    ("external_key", "in", list(keys - {""})),
                ]
            )
        )
        return {line.external_key: line for line in lines}

    @api.model
    def _check_same(self, scan, line):
        if (
            line.department_id.id != scan.get("department_id")
            or line.kind != scan.get("kind")
            or (scan.get("product_id") or line.product_id.id) != line.product_id.id
        ):
            raise Unclear(
                self.env._(
                    "This scan was recorded before as %(line)s. Remove it here.",
                    line=line.product_id.display_name,
                )
            )

    @api.model
    def _line_of(self, scan, device_now, known):
        """The reported fields of a scan, and what its person is warned of."""
        key = self._text(scan, "key")
        if not key:
            raise Unclear(self.env._("This scan has no key; scan the item again."))
        if scan.get("kind") not in KINDS:
            raise Unclear(self.env._("Say whether it was used, returned or wasted."))
        try:
            department = self._department(scan.get("department_id"))
        except AccessError as refusal:
            raise Unclear(str(refusal)) from refusal
        item, warnings = self._item_of(scan, department)
        return {
            "department_id": department.id,
            "kind": scan["kind"],
            "event_time": self._event_time(scan, device_now),
            "source": SOURCE,
            "external_key": key,
            "encounter_token": self._token_of(scan, department),
            "reversal_of_id": self._reversed_by(scan, known, department),
            "note": self._text(scan, "note") or False,
            **item,
        }, warnings

    @api.model
    def _item_of(self, scan, department):
        """Item, lot and quantity: as chosen on the device, or as the code says."""
        quantity = self._quantity(scan)
        if product_id := scan.get("product_id"):
            product = self.env["product.product"].browse(product_id).exists()
            if not product:
                raise Unclear(self.env._("This item is gone; choose another one."))
            return {
                "product_id": product.id,
                "quantity": quantity,
                "lot_name": self._text(scan, "lot_name") or False,
                "serial": self._text(scan, "serial") or False,
            }, []
        code, first_code = self._text(scan, "code"), self._text(scan, "first_code")
        first = first_code and self._scan(first_code, department)
        read = self._scan(code, department, first or None)
        if not read.get("product_id"):
            raise Unclear(
                read.get("label")
                or self.env._(
                    "The code %(code)s is not known here. Choose the item by its name.",
                    code=code,
                )
            )
        return {
            "product_id": read["product_id"],
            "quantity": quantity * (read.get("quantity") or 1.0),
            "lot_name": read.get("lot_name") or False,
            "serial": read.get("serial") or False,
        }, read.get("warnings") or []

    @api.model
    def _quantity(self, scan):
        try:
            quantity = float(scan.get("quantity") or 0)
        except (TypeError, ValueError):
            quantity = 0.0
        if not 0 < quantity < 1e9:
            raise Unclear(self.env._("The quantity must be more than zero."))
        return quantity

    @api.model
    def _event_time(self, scan, device_now):
        try:
            return event_time(fields.Datetime.now(), device_now, scan.get("scanned_at"))
        except ClockError as error:
            raise Unclear(
                self.env._("The time of this scan cannot be read; scan the item again.")
            ) from error

    @api.model
    def _token_of(self, scan, department):
        """The visit's token, made here where the device could only keep the code."""
        if ticket := self._text(scan, "token"):
            return self._token_of_ticket(ticket, department)
        code = self._text(scan, "visit_code")
        return (code and self._visit_token(code, department)) or False

    @api.model
    def _reversed_by(self, scan, known, department):
        key = self._text(scan, "reverses")
        if not key:
            return False
        undone = known.get(key)
        if not undone or undone.department_id != department or scan["kind"] != "return":
            raise Unclear(
                self.env._("What this would undo is not recorded; remove it here.")
            )
        return undone.id

    @staticmethod
    def _text(scan, name):
        value = scan.get(name) if isinstance(scan, dict) else None
        return value.strip() if isinstance(value, str) else ""
