import hashlib
from dataclasses import dataclass
from datetime import UTC

from odoo import api, fields, models
from odoo.addons.med_consumables.core import udi

from ..core import feed_line
from ..core.acknowledgement import PLAIN, Answer
from ..core.charge import Charge, Reading
from ..core.errors import PlaceError
from ..core.fhir import readers as fhir_readers
from ..core.fhir import status
from ..core.fhir.element import Element, identifiers
from ..core.inbox import Arrival, Labels, Verdict
from ..core.json_text import read_json, write_json
from ..core.lane import lane_number
from .outcome import Work, ignored, waits

#: The type of a message that is one plain line.
LINE = "Line"
BUNDLE = "Bundle"
#: Says nothing of use.
NOTHING = {"resourceType": "Device"}
#: Types of messages that carry use and are not HL7 v2.
LINE_TYPES = (LINE, BUNDLE, "Device", *status.LINE_TYPES)


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a message at the door: ``new``, ``known`` or ``conflict``."""

    fate: str
    message_id: int | None


class MedHisMessageDoors(models.Model):
    """The other doors into the same store: FHIR, JSON, files, database views.

    What comes in is brought to an allow list of fields, written as JSON, and then kept,
    ordered, processed and retried like any HL7 message.
    """

    _inherit = "med.his.message"

    error_code = fields.Selection(
        selection_add=[
            ("json", "Not JSON"),
            ("structure", "Not built as agreed"),
            ("value", "Value cannot be read"),
            ("code_value", "Not one of the allowed codes"),
            ("resource_type", "Resource not supported"),
            ("modifier", "Modifier not understood"),
            ("reference", "Points at nothing"),
            ("method", "Only creating is supported"),
            ("condition", "Condition cannot be searched"),
            ("several", "Several fit the condition"),
            ("udi", "UDI cannot be read"),
            ("udi_conflict", "UDI and fields disagree"),
            ("purged", "Content no longer kept"),
        ]
    )

    @api.model
    def _readers(self):
        return {**super()._readers(), **dict.fromkeys(LINE_TYPES, "_process_charges")}

    def _read(self, profile):
        if self.message_type not in LINE_TYPES:
            return super()._read(profile)
        self._check_processing_id()
        content = self._content()
        if content is None:
            raise waits("purged")
        content = self._without_only_planned(read_json(content))
        reading = self._reading(content, self.sha256, self._now_utc(), profile)
        if not reading.charges:
            raise ignored("no_effect", len(reading.skipped))
        return Work(self, reading.charges, len(reading.skipped))

    def _without_only_planned(self, content):
        """The same without what is taken back and was never used, such as a charge that
        was planned and given up."""
        whole = content.get("resourceType") == BUNDLE
        resources = [e["resource"] for e in content["entry"]] if whole else [content]
        back = {
            number: {(kind, value) for _system, value in identifiers(element)}
            for number, resource in enumerate(resources)
            if (kind := resource.get("resourceType"))
            and resource.get("status") in status.TAKEN_BACK
            and (element := Element(resource, kind))
        }
        named = self.env["med.his.resource"]._named(
            self.channel_id, set().union(*back.values())
        )
        for number, names in back.items():
            rows = [row for name in names for row in named.get(name, ())]
            before = [row.unsettled for row in rows if not row.taken_back]
            if before and all(before):
                resources[number] = NOTHING
        if not whole:
            return resources[0]
        return {**content, "entry": [{"resource": each} for each in resources]}

    @api.model
    def _reading(self, content, sha256, now, profile):
        """What a kept content says: a plain line, a resource or a Bundle of them."""
        kind = content.get("resourceType")
        if not kind:
            result = feed_line.read_line(content, now, profile, udi.parse)
            if isinstance(result, Charge):
                return Reading((result,), ())
            return Reading((), (result,))
        if kind != BUNDLE:
            return fhir_readers.read(content, sha256, now, profile, udi.parse)
        charges, skipped = [], []
        for number, entry in enumerate(content["entry"]):
            try:
                reading = fhir_readers.read(
                    entry["resource"], f"{sha256}#{number}", now, profile, udi.parse
                )
            except PlaceError as error:
                raise error.under(f"Bundle.entry[{number}].resource") from None
            charges += reading.charges
            skipped += reading.skipped
        return Reading(tuple(charges), tuple(skipped))

    # ---- Keeping ---------------------------------------------------------------------

    @api.model
    def _keep(self, channel, verdicts, peer):
        """Store verdicts, each once; what became of each, in order. Commits nothing."""
        receiver = channel._receiver()
        before = self._kept(channel, verdicts)
        self._accept([Arrival(receiver, peer, verdict=each) for each in verdicts])
        after = self._kept(channel, verdicts)
        results, seen = [], set(before)
        for verdict in verdicts:
            message_id, sha256 = after[verdict.key]
            if sha256 != verdict.sha256:
                fate = "conflict"
            else:
                fate = "known" if verdict.key in seen else "new"
            seen.add(verdict.key)
            results.append(Kept(fate, message_id))
        if any(each.fate == "new" for each in results):
            self._trigger_processing()
        return results

    @api.model
    def _kept(self, channel, verdicts):
        """``{key: (id, hash)}`` of messages that are stored."""
        keys = {verdict.key for verdict in verdicts}
        self.flush_model(["message_key"])
        self.env.cr.execute(
            "SELECT message_key, id, sha256 FROM med_his_message"
            " WHERE channel_id = %s AND message_key = ANY(%s)",
            [channel.id, list(keys)],
        )
        return {key: (id_, sha256) for key, id_, sha256 in self.env.cr.fetchall()}

    @api.model
    def _verdict(self, channel, content, kind, key, control_id="", reading=None):
        """A message that may be stored. ``content`` holds allowed fields only."""
        raw = write_json(content)
        sha256 = hashlib.sha256(raw).hexdigest()
        return Verdict(
            key=_short(key or f"sha256:{sha256}"),
            sha256=sha256,
            size=len(raw),
            codec="utf-8",
            header=PLAIN,
            state="received",
            answer=Answer("", b""),
            content=raw,
            labels=Labels(control_id=control_id, message_type=kind, processing_id="P"),
            lane=self._lane(channel, reading),
        )

    @api.model
    def _lane(self, channel, reading):
        """Messages of one visit keep their order, whichever door they came through."""
        for charge in reading.charges if reading else ():
            if charge.encounter:
                company, encounter = channel.company_id.id, charge.encounter
                return lane_number(company, encounter.kind, encounter.identifier)
        return lane_number(channel.company_id.id, "channel", str(channel.id))

    @api.model
    def _keep_refusal(self, channel, raw, error, peer, kind=""):
        """A trace of what was refused at the door: its hash and the reason, no content.

        Its sender was told; the operator must see it as well.
        """
        sha256 = hashlib.sha256(raw).hexdigest()
        verdict = Verdict(
            key=f"refused:{error.code}:{sha256}",
            sha256=sha256,
            size=len(raw),
            codec="",
            header=PLAIN,
            state="quarantined",
            answer=Answer("", b""),
            error=error,
            labels=Labels(message_type=kind),
        )
        self._accept([Arrival(channel._receiver(), peer, verdict=verdict)])

    @api.model
    def _now_utc(self):
        return fields.Datetime.now().replace(tzinfo=UTC)

    # ---- Plain lines -----------------------------------------------------------------

    @api.model
    def _line_verdict(self, channel, values, profile, strict):
        """The message of one line of ``allowed`` fields.

        ``strict`` refuses what cannot be read with a ``PlaceError``, for a sender that
        is there to hear it. Otherwise it is kept, and becomes an exception that an
        operator sees.
        """
        reading, now = None, self._now_utc()
        try:
            reading = self._reading(values, "", now, profile)
        except PlaceError:
            if strict:
                raise
        key = feed_line.own_key(values)
        return self._verdict(channel, values, LINE, key, values.get("id", ""), reading)

    @api.model
    def _take_lines(self, channel, rows):
        """Read rows of a feed: one result each, and ``{row number: verdict}``."""
        profile, names = channel._profile(), channel._names()
        results, verdicts = [], {}
        for number, row in enumerate(rows):
            try:
                values = feed_line.allowed(row, names)
                verdicts[number] = self._line_verdict(channel, values, profile, True)
                results.append({"id": values["id"], "status": "accepted"})
            except PlaceError as error:
                place = error.position.removeprefix(f"{feed_line.POSITION}.")
                results.append(
                    {
                        "line": number,
                        "status": "refused",
                        "code": error.code,
                        "field": place,
                        "text": error.text,
                    }
                )
        return results, verdicts

    @api.model
    def _all_or_none(self, channel, results, verdicts):
        """The verdicts to keep: all, or none where a line is refused or is known with
        another content; ``results`` learn which."""
        known = self._kept(channel, list(verdicts.values())) if verdicts else {}
        hashes = {key: sha256 for key, (_id, sha256) in known.items()}
        for number, verdict in verdicts.items():
            if hashes.setdefault(verdict.key, verdict.sha256) != verdict.sha256:
                results[number]["status"] = "conflict"
        if all(result["status"] == "accepted" for result in results):
            return verdicts
        for number, verdict in verdicts.items():
            if results[number]["status"] == "accepted":
                is_known = verdict.key in known
                results[number]["status"] = "known" if is_known else "not kept"
        return {}

    @api.model
    def _keep_lines(self, channel, rows, results, verdicts, peer):
        """Keep what was read; ``results`` learn what was here before or is a conflict.

        A trace of what was refused is kept as well, for the operator.
        """
        for row, result in zip(rows, results, strict=True):
            error = None
            if result["status"] == "refused":
                error = PlaceError(result["code"], result["field"], result["text"])
            elif result["status"] == "conflict":
                error = PlaceError("same_id", "id", "another content is known by it")
            if error:
                self._keep_refusal(channel, write_json(row), error, peer, LINE)
        kept = self._keep(channel, list(verdicts.values()), peer) if verdicts else ()
        words = {"new": "accepted", "known": "known", "conflict": "conflict"}
        for number, one in zip(verdicts, kept, strict=True):
            results[number]["status"] = words[one.fate]

    @api.model
    def _line_state(self, channel, number):
        """What became of a line: for the sender, who has only its number."""
        found = self.search(
            [
                ("channel_id", "=", channel.id),
                ("message_key", "in", [f"line:{number}", f"line:{number}:return"]),
            ],
            order="id",
        )
        return (
            {
                "id": number,
                "reports": [
                    {
                        "state": each.state,
                        "code": each.error_code or "",
                        "field": (each.error_position or "").partition(".")[2],
                        "received": each.received_at.isoformat() + "Z",
                    }
                    for each in found
                ],
            }
            if found
            else None
        )


def _short(key):
    """Keys are indexed; one that is too long is known by its hash."""
    if len(key) <= 300:
        return key
    return f"key:{hashlib.sha256(key.encode()).hexdigest()}"
