from odoo import api, fields, models
from odoo.addons.med_consumables.core.visit import Visit
from odoo.addons.med_consumables.models.med_consumption_record import (
    ConsumptionConflict,
)

from .hold import holds
from .outcome import PASSING, Outcome, behind, parked, waits


class MedHisMessageRecord(models.Model):
    """From mapped lines to the ledger: all lines of a message or none, each once."""

    _inherit = "med.his.message"

    @api.model
    def _record_all(self, channel, works, outcomes, gate):
        """Record all messages in one go; where that fails, find out which it is."""
        works = self._without_parked(channel, works, outcomes)
        self._record_part(channel, works, outcomes, gate)
        self._wake_returns(channel, works, outcomes)

    @api.model
    def _record_part(self, channel, works, outcomes, gate):
        """Record these, or each half of them; what is behind a stuck one waits."""
        free = []
        for work in works:
            if blocker := gate.blocker(work.message):
                outcomes[work.message] = behind(blocker)
                gate.shut(work.message)
            else:
                free.append(work)
        if not free:
            return
        try:
            with self.env.cr.savepoint():
                recorded = self._record_lines(channel, free)
        except PASSING:
            raise
        except Exception as error:  # noqa: BLE001  which message it was is found below
            if len(free) > 1:
                middle = len(free) // 2
                self._record_part(channel, free[:middle], outcomes, gate)
                self._record_part(channel, free[middle:], outcomes, gate)
                return
            outcome = self._outcome_of(free[0].message, error)
            outcomes[free[0].message] = outcome
            if holds(outcome.state, outcome.error_code):
                gate.shut(free[0].message)
            return
        for work in free:
            outcomes[work.message] = self._processed(work, recorded)

    @api.model
    def _outcome_of(self, message, error):
        if isinstance(error, ConsumptionConflict):
            return waits("conflict", text=str(error)).outcome
        return super()._outcome_of(message, error)

    @api.model
    def _without_parked(self, channel, works, outcomes):
        """Put aside returns whose charge is neither in the ledger nor in this batch."""
        sought = {
            charge.reversal_of
            for work in works
            for charge, _values in work.lines
            if charge.reversal_certain
        }
        if not sought:
            return works
        there = self._recorded_keys(channel, sought)
        there |= {
            charge.line_key
            for work in works
            for charge, _values in work.lines
            if charge.kind != "return"
        }
        free = []
        until = channel._parked_until()
        for work in works:
            missing = [
                charge
                for charge, _values in work.lines
                if charge.reversal_certain and charge.reversal_of not in there
            ]
            if not missing:
                free.append(work)
            else:
                outcomes[work.message] = self._parked(work, missing[0], until)
        return free

    @api.model
    def _parked(self, work, charge, until):
        """It waits for its charge, or it has waited long enough."""
        return work.message._park(until, charge.position, charge.reversal_of).outcome

    def _park(self, until, position, number):
        """``Settled`` of what takes back the line ``number``, which is not here."""
        if self.parked_until and self.parked_until <= fields.Datetime.now():
            return waits("original_never_came", position, cause=number)
        return parked(self.parked_until or until, position, number)

    @api.model
    def _recorded_keys(self, channel, keys):
        found = self.env["med.consumption"].search_fetch(
            [
                ("company_id", "=", channel.company_id.id),
                ("source", "=", channel._source()),
                ("external_key", "in", list(keys)),
            ],
            ["external_key"],
        )
        return set(found.mapped("external_key"))

    @api.model
    def _record_lines(self, channel, works):
        """Record the lines of messages: uses first, then what takes them back."""
        reported = [line for work in works for line in work.lines]
        self._check_twins(reported)
        known = self._known_lines(channel, reported)
        self._check_counted(reported, known)
        lines, recorded, instead = self._with_deltas(channel, reported, known)
        for kind in ("use", "waste", "return"):
            values = [
                self._ledger_values(charge, values, known)
                for charge, values in lines
                if charge.kind == kind
            ]
            for line in self.env["med.consumption"]._record(values) if values else ():
                recorded[line.external_key] = line
                known.setdefault(line.external_key, line)
        self._keep_visits(lines, recorded)
        recorded.update({key: recorded[other] for key, other in instead.items()})
        return recorded

    @api.model
    def _keep_visits(self, lines, recorded):
        """Whose visit it was, sealed apart: messages are purged, the vault is not."""
        self.env["med.vault"]._keep(
            {
                recorded[charge.line_key]: _visit(charge.encounter)
                for charge, _values in lines
                if charge.encounter
            }
        )

    @api.model
    def _known_lines(self, channel, lines):
        """``{key: ledger line}`` of these lines and of what they take back."""
        keys = {charge.line_key for charge, _ in lines}
        keys |= {charge.reversal_of for charge, _ in lines} - {""}
        found = self.env["med.consumption"].search_fetch(
            [
                ("company_id", "=", channel.company_id.id),
                ("source", "=", channel._source()),
                ("external_key", "in", list(keys)),
            ],
            ["external_key", "encounter_token", "reversal_of_id"],
        )
        return {line.external_key: line for line in found}

    @api.model
    def _ledger_values(self, charge, values, known):
        """Values for the ledger, with the line that a return takes back."""
        original = known.get(charge.reversal_of)
        if before := known.get(charge.line_key):
            self._check_same_visit(before.encounter_token, charge, values)
            # A repeated report says again what it said then.
            original = before.reversal_of_id
        elif charge.reversal_certain and not original:
            raise waits("original_unknown", charge.position, cause=charge.reversal_of)
        return {**values, "reversal_of_id": original.id if original else False}

    @api.model
    def _check_twins(self, lines):
        """Lines of one key in one batch, as `_check_same_visit` for those before it.

        Where they tell of other amounts the batch is divided, so that the one stands
        before the other is looked at.
        """
        tokens, amounts = {}, {}
        for charge, values in lines:
            key, amount = charge.line_key, values.get("charged_amount")
            token = tokens.setdefault(key, values["encounter_token"])
            self._check_same_visit(token, charge, values)
            if amounts.setdefault(key, amount) != amount:
                raise ConsumptionConflict(
                    self.env._("Two amounts are told of the line %(key)s.", key=key)
                )

    @api.model
    def _check_counted(self, lines, known):
        """A line that says again what another message said, under a number that is but
        its place and with no more than a day: it may as well be a second use."""
        first = {}
        for charge, values in lines:
            if not (charge.counted and charge.day_only and charge.kind != "return"):
                continue
            key, message_id = charge.line_key, values["his_message_id"]
            if first.setdefault(key, message_id) != message_id:
                # Divided, so that the first stands before the other is looked at.
                raise ConsumptionConflict(
                    self.env._("The line %(key)s is reported twice.", key=key)
                )
            before = known.get(key)
            if (
                before
                and before.his_message_id.id != message_id
                and self._is_told_again(before, charge, values)
                and before.quantity == values["quantity"]
            ):
                raise waits("repetition", charge.position, self._words_of_repetition())

    @api.model
    def _words_of_repetition(self):
        return self.env._(
            "If the sender numbers its lines anew in each message, say so on the "
            "channel (Numbers of Lines) and try again; if it was sent again, leave it "
            "out."
        )

    @api.model
    def _check_same_visit(self, token, charge, values):
        """Two visits under one number are two uses: never take one for the other."""
        if token and values["encounter_token"] not in (token, False):
            raise ConsumptionConflict(
                self.env._(
                    "The line %(key)s was reported before for another visit.",
                    key=charge.line_key,
                )
            )

    @api.model
    def _processed(self, work, recorded):
        lines = [recorded[key] for key in work.line_keys()]
        repeated = [line for line in lines if line.his_message_id != work.message]
        return Outcome(
            "processed",
            line_count=len(lines),
            skipped_count=work.skipped,
            repeated_count=len(repeated),
        )

    @api.model
    def _wake_returns(self, channel, works, outcomes):
        """Returns that came before their charge go on once it is there."""
        keys = [
            key
            for work in works
            if outcomes[work.message].state == "processed"
            for key in work.line_keys()
        ]
        self._wake(channel, keys)

    @api.model
    def _wake(self, channel, keys):
        """What takes back one of these, and came before it, goes on."""
        self.search(
            [
                ("channel_id", "=", channel.id),
                ("state", "in", ("parked", "exception")),
                ("error_code", "in", ("original_unknown", "original_never_came")),
                ("cause_code", "in", keys),
            ]
        )._queue_again(("parked", "exception"))


def _visit(encounter):
    """The numbers the vault keeps; a record number is kept once."""
    is_visit = encounter.kind != "patient"
    return Visit(encounter.identifier if is_visit else "", encounter.record)
