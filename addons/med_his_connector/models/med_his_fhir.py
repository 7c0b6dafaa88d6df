from collections import Counter
from dataclasses import dataclass
from uuid import uuid4

from odoo import api, models
from odoo.addons.med_consumables.core import udi

from ..core.errors import PlaceError
from ..core.fhir import bundle, readers, status
from ..core.fhir.naming import control_id, hash_of, is_back, named_first, names_of
from ..core.fhir.schedule import read_appointment
from ..core.inbox import judge_same_id
from .med_his_message_purge import DEVICE

#: A case of the schedule: its later states come under the same identifier.
CASE = "Appointment"
#: No lines of the ledger, and each a message of its own: states of a case follow each
#: other, and a Device is kept for as long as others may name it.
APART = (CASE, DEVICE)


@dataclass(slots=True)
class Result:
    """What became of one entry: created, found, or refused with an error."""

    entry: bundle.Entry | None
    status: int = 201
    logical_id: str = ""
    error: PlaceError | None = None
    request: str = ""  # what it came in: this request, or the one that created it
    found: models.BaseModel | None = None  # the row of what is here already
    names: tuple = ()  # identifiers that it did not have before


class MedHisFhir(models.AbstractModel):
    """Resources of FHIR R4 on their way into the message store.

    Each resource is created once. Its identifier says which it is: the same content
    again is found, other content under the same identifier is a conflict. Only a case,
    and what uses nothing yet (a planned charge), is followed by its later state.
    """

    _name = "med.his.fhir"
    _description = "FHIR Door"

    @api.model
    def _create_entries(self, channel, entries, whole, peer, request):
        """Store entries (or errors among them); one ``Result`` each, in order.

        ``whole``: all or none, as one message. Otherwise each is a message of its own.
        """
        results = [
            Result(None, error=each) if isinstance(each, PlaceError) else Result(each)
            for each in entries
        ]
        self._resolve_devices(channel, results)
        self._check_lines(channel, results)
        hashes = {id(each): hash_of(each.entry) for each in results if each.entry}
        self._find(channel, results, hashes)
        if whole and any(each.error for each in results):
            return results
        new = [each for each in results if not each.error and each.status == 201]
        parts = self._parts(new, whole)
        self._store(channel, results, parts, hashes, whole, peer, request)
        self._keep_conflicts(channel, results, peer)
        return results

    @api.model
    def _parts(self, results, whole):
        """Which resources are one message."""
        if not whole:
            return [[each] for each in results]
        alone = [each for each in results if each.entry.kind in APART]
        lines = [each for each in results if each.entry.kind not in APART]
        return ([lines] if lines else []) + [[each] for each in alone]

    @api.model
    def _resolve_devices(self, channel, results):
        entries = [each.entry for each in results if each.entry]
        stored = self._devices(channel, bundle.device_ids(entries))
        for each in results:
            if each.entry:
                try:
                    each.entry = bundle.embed_devices(each.entry, entries, stored)
                except PlaceError as error:
                    each.error = error

    @api.model
    def _check_lines(self, channel, results):
        """What cannot be a line of the ledger is refused while its sender listens."""
        profile = channel._profile()
        now = self.env["med.his.message"]._now_utc()
        keys = Counter(
            (each.entry.kind, name)
            for each in results
            if each.entry
            for name in names_of(each.entry)
        )
        for each in results:
            if each.error:
                continue
            try:
                if each.entry.kind == CASE:
                    read_appointment(each.entry.resource, now, profile)
                readers.read(each.entry.resource, "new", now, profile, udi.parse)
                if any(keys[each.entry.kind, n] > 1 for n in names_of(each.entry)):
                    raise PlaceError(
                        "value",
                        f"{each.entry.kind}.identifier",
                        "is in this bundle more than once",
                    )
            except PlaceError as error:
                path = each.entry.path
                each.error = error if "entry" not in path else error.under(path)

    @api.model
    def _find(self, channel, results, hashes):
        """Look up what is here already, by condition and by identifier."""
        wanted = set()
        for each in results:
            if each.entry:
                if each.entry.condition:
                    wanted.add((each.entry.kind, each.entry.condition[1]))
                wanted |= {(each.entry.kind, v) for _, v in names_of(each.entry)}
        named = self.env["med.his.resource"]._named(channel, wanted)
        self._name_alike(results, named)
        for each in results:
            if not each.error:
                self._find_one(each, named, hashes[id(each)])
                if each.found:
                    there = {
                        (r.system or "", r.value) for r in _rows_of(each.entry, named)
                    }
                    each.names = tuple(
                        n for n in names_of(each.entry) if n not in there
                    )

    @api.model
    def _name_alike(self, results, named):
        """A report and the report that it was an error are one use, under one number:
        the first identifier of whichever came first."""
        others = {}
        for each in results:
            for row in _rows_of(each.entry, named) if each.entry else ():
                if row.taken_back != is_back(each.entry):
                    others.setdefault(id(each), row)
        ids = [row.logical_id for row in others.values()]
        rows = self.env["med.his.resource"].search(
            [("logical_id", "in", ids)], order="id desc"
        )
        first = {row.logical_id: row for row in rows}
        for each in results:
            if id(each) in others:
                row = first[others[id(each)].logical_id]
                each.entry = named_first(each.entry, row.system or "", row.value)

    @api.model
    def _find_one(self, result, named, sha256):
        entry = result.entry
        if entry.condition:
            system, value = entry.condition
            found = [
                each
                for each in named.get((entry.kind, value), ())
                if system is None or (each.system or "") == system
            ]
            ids = {each.logical_id for each in found}
            if len(ids) > 1:
                result.error = PlaceError(
                    "several", entry.path, "several resources fit the condition"
                )
            elif ids:
                # What is asked for is here; what was sent is not looked at, unless
                # what is here uses nothing yet.
                same = sha256, hash_of(entry, whole=True)
                known = all(not each.unsettled or each.sha256 in same for each in found)
                result.status = 200 if known else 201
                result.logical_id = found[0].logical_id
                result.request = found[0].request or ""
            if found:
                return
        for each in _rows_of(entry, named):
            if each.taken_back != is_back(entry):
                continue
            if each.sha256 in (sha256, hash_of(entry, whole=True)):
                self._is_here(result, each)
            elif entry.kind == CASE or each.unsettled:
                result.logical_id = each.logical_id  # a later state of the same
            else:
                result.error = PlaceError(
                    "same_id",
                    f"{entry.path}.identifier",
                    "another content was received under this identifier",
                )
                return

    @api.model
    def _is_here(self, result, found):
        result.status, result.logical_id = 200, found.logical_id
        result.request = found.request or ""
        if result.entry.kind != CASE:
            result.found = found

    @api.model
    def _store(self, channel, results, parts, hashes, whole, peer, request):
        rows = self._rows_of_known(channel, results, hashes)
        Message = self.env["med.his.message"]
        verdicts = [self._verdict(channel, part, whole) for part in parts]
        kept = Message._keep(channel, verdicts, peer) if parts else ()
        for part, one in zip(parts, kept, strict=True):
            if one.fate == "known" and self._found_again(part, one.message_id):
                continue
            for number, result in enumerate(part):
                result.logical_id = result.logical_id or str(uuid4())
                result.request = request
                rows += self._rows(
                    channel, result, number, one.message_id, hashes[id(result)], request
                )
        if rows:
            self.env["med.his.resource"]._insert(rows)

    @api.model
    def _found_again(self, part, message_id):
        """Resources without an identifier are known by their content."""
        found = self.env["med.his.resource"].search([("message_id", "=", message_id)])
        by_entry = {each.entry: each for each in found}
        for number, result in enumerate(part):
            if number in by_entry:
                self._is_here(result, by_entry[number])
        return bool(found)

    @api.model
    def _rows_of_known(self, channel, results, hashes):
        """Identifiers that a known resource did not have before are its own as well."""
        rows = []
        for each in results:
            if each.names and not each.error:
                found, sha256 = each.found, hashes[id(each)]
                place = found.entry, found.message_id.id, sha256, found.request
                rows += self._rows(channel, each, *place, each.names)
        return rows

    @api.model
    def _verdict(self, channel, part, whole):
        Message = self.env["med.his.message"]
        if whole and part[0].entry.kind not in APART:
            entries = [{"resource": each.entry.resource} for each in part]
            content = {"resourceType": "Bundle", "type": "transaction"}
            content["entry"] = entries
            kind, key, number = "Bundle", "", ""
        else:
            content = part[0].entry.resource
            kind, number = part[0].entry.kind, control_id(part[0].entry)
            key = self._message_key(part[0].entry)
        reading = Message._reading(
            content, "new", Message._now_utc(), channel._profile()
        )
        return Message._verdict(channel, content, kind, key, number, reading)

    @api.model
    def _message_key(self, entry):
        """'' where the content itself says which it is: no identifier, or a resource
        whose later states are messages of their own."""
        if not entry.key or entry.kind == CASE or not status.is_settled(entry.element):
            return ""
        return f"{entry.key}|back" if is_back(entry) else entry.key

    @api.model
    def _keep_conflicts(self, channel, results, peer):
        """Other content under a known identifier is put aside, not dropped."""
        Message = self.env["med.his.message"]
        now = Message._now_utc()
        # By whichever identifier it is known: never as a message of its own.
        verdicts = [
            judge_same_id(
                Message._verdict(
                    channel,
                    each.entry.resource,
                    each.entry.kind,
                    self._message_key(each.entry),
                    control_id(each.entry),
                ),
                "",
                now,
            )
            for each in results
            if each.error and each.error.code == "same_id"
        ]
        if verdicts:
            Message._keep(channel, verdicts, peer)

    @api.model
    def _rows(self, channel, result, number, message_id, sha256, request, names=None):
        names = names or names_of(result.entry) or [("", None)]
        now = self.env.cr.now()
        return [
            {
                "channel_id": channel.id,
                "company_id": channel.company_id.id,
                "message_id": message_id,
                "kind": result.entry.kind,
                "logical_id": result.logical_id,
                "system": system,
                "value": value,
                "taken_back": is_back(result.entry),
                "unsettled": not status.is_settled(result.entry.element),
                "sha256": sha256,
                "entry": number,
                "request": request,
                "create_uid": self.env.uid,
                "create_date": now,
                "write_uid": self.env.uid,
                "write_date": now,
            }
            for system, value in names
        ]


def _rows_of(entry, named):
    """What is here under one of its identifiers."""
    return [
        each
        for system, value in names_of(entry)
        for each in named.get((entry.kind, value), ())
        if (each.system or "") == system
    ]
