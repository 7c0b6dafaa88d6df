from datetime import UTC
from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.addons.med_consumables.core import sheet

from ..core import feed_line
from ..core.charges import Reading, read_message
from ..core.errors import Hl7Error, PlaceError
from ..core.fhir import bundle
from ..core.file_rows import read_records
from ..core.hl7_message import read_envelope
from ..core.json_text import read_json
from ..core.leaves import seen
from ..core.masking import masked_lines
from ..models.error_words import in_words, joined
from ..models.med_his_code import UNKNOWN


class MedHisAssistantReader(models.AbstractModel):
    """Lines of a pasted message: its own fields, and what is read of them."""

    _inherit = "med.his.assistant.reader"

    @api.model
    def _read(self, channel, raw):
        """``{"problem": text, "lines": [values of med.his.assistant.line],
        "counts_lines": whether a line's number is but its place}``."""
        try:
            if channel.transport == "mllp":
                charges, lines = self._read_hl7(channel, raw)
            else:
                charges, lines = self._read_units(channel, raw)
        except Hl7Error as error:
            return {
                "problem": self._words(error),
                "lines": self._given(channel, raw),
                "counts_lines": False,
            }
        return {
            "problem": False,
            "lines": [*self._stand_for(channel, charges), *lines],
            "counts_lines": any(charge.counted for charge in charges),
        }

    @api.model
    def _words(self, error):
        """Cause, place and detail in the reader's language."""
        field = self.env["med.his.message"]._fields["error_code"]
        cause = dict(field._description_selection(self.env)).get(error.code, "")
        place = in_words(self.env, error.position)
        detail = in_words(self.env, error.text)
        return joined(self.env, cause, place, detail) or error.code

    @api.model
    def _given(self, channel, raw):
        """What can be shown of a message that cannot be read."""
        try:
            if channel.transport == "mllp":
                return self._hl7_lines(channel, read_envelope(raw, channel.charset))
            found = read_json(raw)
            return [_shown(each) for each in seen(found, {})] if found else []
        except Hl7Error:
            return []

    # ---- By kind ---------------------------------------------------------------------

    @api.model
    def _read_hl7(self, channel, raw):
        envelope = read_envelope(raw, channel.charset)
        now = self.env["med.his.message"]._now_utc()
        said = read_message(envelope, "pasted", now, channel._profile())
        charges = said.charges if isinstance(said, Reading) else ()
        return charges, self._hl7_lines(channel, envelope)

    @api.model
    def _hl7_lines(self, channel, envelope):
        separator, lines = envelope.header.delimiters.field, []
        titles = self.env["med.his.reading"]._segment_titles()
        for line in masked_lines(envelope):
            name, *values = line.split(separator)
            first = 2 if name == "MSH" else 1
            for number, value in enumerate(values, start=first):
                if value:
                    covered = value == "•••"
                    lines.append(
                        {
                            "place": f"{name}-{number}",
                            "meaning": titles.get(name),
                            "value": value[:200],
                            "status": "dropped" if covered else "kept",
                        }
                    )
        return lines

    @api.model
    def _read_units(self, channel, raw):
        charges, lines = [], []
        for unit in self._units(channel, raw):
            if unit["error"]:
                raise unit["error"]
            charges += unit["reading"].charges
            lines += [_shown(each) for each in unit["seen"]]
        return charges, lines

    @api.model
    def _units(self, channel, raw):
        """Each message in the text: ``seen``, ``reading``, ``verdict`` or ``error``."""
        if channel.transport == "fhir":
            return self._resources(channel, raw)
        return self._plain_lines(channel, raw)

    @api.model
    def _resources(self, channel, raw):
        found = read_json(raw)
        if not isinstance(found, dict):
            raise PlaceError("structure", text="a resource must be an object")
        if found.get("resourceType") == "Bundle":
            _kind, entries = bundle.read_bundle(found)
        else:
            kind = found.get("resourceType")
            entries = [bundle.read_entry(found, str(kind))]
        given = [
            each.get("resource") for each in found.get("entry", ()) if "entry" in found
        ] or [found]
        return [
            self._resource(channel, entry, entries, original)
            for entry, original in zip(entries, given, strict=True)
        ]

    @api.model
    def _resource(self, channel, entry, entries, original):
        Message = self.env["med.his.message"]
        if isinstance(entry, PlaceError):
            return _unit(error=entry)
        try:
            there = [each for each in entries if not isinstance(each, PlaceError)]
            entry = bundle.embed_devices(entry, there, {})
            now, profile = Message._now_utc(), channel._profile()
            reading = Message._reading(entry.resource, "pasted", now, profile)
        except PlaceError as error:
            return _unit(error=error)
        verdict = Message._verdict(
            channel, entry.resource, entry.kind, entry.key, entry.key, reading
        )
        return _unit(reading, verdict, seen(original, entry.resource))

    @api.model
    def _plain_lines(self, channel, raw):
        names = channel._names()
        if raw.lstrip()[:1] in (b"{", b"["):
            found = read_json(raw)
            rows = found.get("lines", [found]) if isinstance(found, dict) else found
        else:
            records = read_records("pasted.csv", raw, sheet.read_rows, names, _broken)
            rows = [each.values or {} for each in records]
        return [self._plain_line(channel, row, names) for row in rows]

    @api.model
    def _plain_line(self, channel, row, names):
        Message = self.env["med.his.message"]
        try:
            if not isinstance(row, dict):
                raise PlaceError("structure", text="a line must be an object")
            values = feed_line.allowed(row, names)
            now, profile = Message._now_utc(), channel._profile()
            reading = Message._reading(values, "pasted", now, profile)
            verdict = Message._line_verdict(channel, values, profile, True)
        except PlaceError as error:
            return _unit(error=error)
        own = {name.casefold(): field for field, name in names.items()}
        usual = {
            name.casefold(): field
            for field in values
            for name in feed_line.names_of(field)
        }
        shown = []
        for name, value in row.items():
            field = own.get(str(name).casefold()) or usual.get(str(name).casefold())
            kept = field in values
            covered = not kept or field in feed_line.ABOUT_PATIENTS
            shown.append((str(name), "•••" if covered else str(value), kept))
        return _unit(reading, verdict, shown)

    # ---- What it stands for ----------------------------------------------------------

    @api.model
    def _stand_for(self, channel, charges):
        """What each line says, and which of our records its codes stand for."""
        Code = self.env["med.his.code"]
        items = Code._match_items(
            channel, {c for each in charges for c in (each.item_code, *each.alternates)}
        )
        departments = Code._match_departments(
            channel, {each.department_code for each in charges} - {""}
        )
        units = Code._match_units(channel, {each.uom for each in charges} - {""})
        lines = []
        for charge in charges:
            lines += self._lines_of(channel, charge, items, departments, units)
        return lines

    @api.model
    def _lines_of(self, channel, charge, items, departments, units):
        place = charge.position
        codes = (charge.item_code, *charge.alternates)
        code = next(
            (c for c in codes if not items.get(c, UNKNOWN).problem), charge.item_code
        )
        kinds = {
            "use": self.env._("Use"),
            "return": self.env._("Return"),
            "waste": self.env._("Waste"),
        }
        item = self.env._("Item"), "item", code, items.get(code), "product.product"
        found = [
            _line(place, self.env._("Kind"), kinds[charge.kind]),
            self._coded(place, *item),
            _line(place, self.env._("Quantity"), format(charge.quantity, "f")),
        ]
        if charge.uom:
            match = units.get(charge.uom)
            unit = self.env._("Unit"), "unit", charge.uom, match, "uom.uom"
            found.append(self._coded(place, *unit))
        found.append(self._department_line(channel, charge, departments))
        return found + [
            _line(place, meaning, value)
            for meaning, value in self._plain_values(channel, charge)
            if value
        ]

    @api.model
    def _department_line(self, channel, charge, departments):
        """What the message names, or what stands in where it names none."""
        place, meaning = charge.position, self.env._("Department")
        code = charge.department_code
        if code:
            match = departments.get(code)
            return self._coded(
                place, meaning, "department", code, match, "med.department"
            )
        usual = channel.department_id.display_name
        line = _line(place, meaning, "", usual or self.env._("none is named"))
        return {**line, "status": "read" if usual else "unknown"}

    @api.model
    def _plain_values(self, channel, charge):
        """``(what it is, value)`` of what stands for nothing of ours."""
        when = charge.event_time
        if not when.tzinfo:
            when = when.replace(tzinfo=UTC)
        when = f"{when.astimezone(ZoneInfo(channel.tz)):%Y-%m-%d %H:%M:%S} {channel.tz}"
        token = charge.encounter and self.env._("known, kept as a token")
        return (
            (self.env._("Lot"), charge.lot),
            (self.env._("Expiry"), charge.expiry and charge.expiry.isoformat()),
            (self.env._("Serial"), charge.serial),
            (self.env._("When"), when),
            (self.env._("Takes back"), charge.reversal_of),
            (self.env._("Visit"), token),
            (self.env._("Number of the line"), charge.line_key),
        )

    @api.model
    def _coded(self, place, meaning, kind, code, match, model):
        match = match or UNKNOWN
        line = _line(place, meaning, code)
        if match.ignored:
            return {**line, "stands_for": self.env._("left out")}
        if match.problem:
            return {**line, "status": "unknown", "code_kind": kind, "code": code}
        name = self.env[model].browse(match.id).display_name
        if match.factor != 1:
            name = f"{match.factor:g} × {name}"
        return {**line, "stands_for": name}


def _unit(reading=None, verdict=None, seen=(), error=None):
    return {"reading": reading, "verdict": verdict, "seen": seen, "error": error}


def _line(place, meaning, value, stands_for=""):
    return {
        "place": place,
        "meaning": meaning,
        "value": value,
        "stands_for": stands_for,
        "status": "read",
    }


def _shown(leaf):
    place, text, kept = leaf
    return {
        "place": place,
        "value": text[:200],
        "status": "kept" if kept else "dropped",
    }


def _broken(cell):
    return isinstance(cell, sheet.Broken)
