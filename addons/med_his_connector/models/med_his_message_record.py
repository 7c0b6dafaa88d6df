from psycopg2 import OperationalError

from odoo import api, models
from odoo.addons.med_consumables.core.visit import Visit
from odoo.addons.med_consumables.models.med_consumption import ConsumptionConflict
from odoo.exceptions import UserError

from .outcome import Outcome, Settled, unexpected, waits


class MedHisMessageRecord(models.Model):
    """From mapped lines to the ledger: all lines of a message or none, each once."""

    _inherit = "med.his.message"

    @api.model
    def _record_all(self, channel, works, outcomes):
        """Record all messages in one go; one by one only where that fails."""
        if not works:
            return
        try:
            with self.env.cr.savepoint():
                recorded = self._record_lines(channel, works)
        except OperationalError:
            raise  # the database is busy: the whole batch is tried again
        except Exception:  # noqa: BLE001  which message it was is found out below
            recorded = None
        for work in works:
            if recorded is None:
                outcomes[work.message] = self._record_one(channel, work)
            else:
                outcomes[work.message] = self._processed(work, recorded)
        self._wake_returns(channel, works, outcomes)

    @api.model
    def _record_one(self, channel, work):
        try:
            with self.env.cr.savepoint():
                return self._processed(work, self._record_lines(channel, [work]))
        except OperationalError:
            raise
        except Settled as settled:
            return settled.outcome
        except ConsumptionConflict as error:
            return waits("conflict", text=str(error)).outcome
        except UserError as error:
            return waits("refused", text=str(error)).outcome
        except Exception as error:  # noqa: BLE001
            return unexpected(work.message, error)

    @api.model
    def _record_lines(self, channel, works):
        """Record the lines of messages: uses first, then what takes them back."""
        lines = [line for work in works for line in work.lines]
        self._check_twins(lines)
        known = self._known_lines(channel, lines)
        recorded = {}
        for kind in ("use", "return"):
            values = [
                self._ledger_values(charge, values, known)
                for charge, values in lines
                if charge.kind == kind
            ]
            for line in self.env["med.consumption"]._record(values) if values else ():
                recorded[line.external_key] = line
                known.setdefault(line.external_key, line)
        self._keep_visits(lines, recorded)
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
        """Lines of one key in one batch, as `_check_same_visit` for those before it."""
        tokens = {}
        for charge, values in lines:
            token = tokens.setdefault(charge.line_key, values["encounter_token"])
            self._check_same_visit(token, charge, values)

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
        self.search(
            [
                ("channel_id", "=", channel.id),
                ("state", "=", "exception"),
                ("error_code", "=", "original_unknown"),
                ("cause_code", "in", keys),
            ]
        )._queue_again()


def _visit(encounter):
    """The numbers the vault keeps; a record number is kept once."""
    is_visit = encounter.kind != "patient"
    return Visit(encounter.identifier if is_visit else "", encounter.record)
