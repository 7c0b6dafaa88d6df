from odoo import api, models

from ..core.values import naive
from ..core.version import version_of
from .med_his_code import UNKNOWN, Match
from .outcome import Outcome, waits


class MedHisMessageTests(models.Model):
    """ORU: a test that was done uses what its preference card says.

    A test is known by its number and kind: it counts once, whatever comes after, and a
    cancelled one takes back what it had used.
    """

    _inherit = "med.his.message"

    @api.model
    def _apply_tests(self, channel, message, tests):
        codes = {test.code for test in tests}
        procedures = self.env["med.his.code"]._match_procedures(channel, codes)
        known = self._lines_of_tests(channel, tests)
        gone = self._cancel_tests(channel, message, tests)
        used, taken_back, skipped, seen = [], [], 0, set()
        for test in sorted(tests, key=lambda test: not test.cancelled):
            if test.key in seen:
                skipped += 1
                continue
            if test.cancelled:
                seen.add(test.key)
                taken_back += self._back(channel, message, test, known.get(test.key))
                continue
            match = procedures.get(test.code, UNKNOWN)
            if match.problem:
                raise waits("unknown_procedure", test.position, cause=test.code)
            version = version_of(test.event_time, receipt=message.id)
            if match.ignored or test.key in known or version < gone.get(test.key, ""):
                skipped += 1  # none of ours, counted when it was first final, cancelled
                continue
            seen.add(test.key)
            used += self._reagents(channel, message, test, match)
        if used or taken_back:
            lines = self.env["med.consumption"]._record([*used, *taken_back])
            return Outcome("processed", line_count=len(lines), skipped_count=skipped)
        if known:
            return Outcome("processed", repeated_count=len(known))
        counted = any(not test.cancelled for test in tests) and skipped < len(tests)
        code = "no_card" if counted else "no_effect"
        return Outcome("ignored", code, skipped_count=skipped)

    @api.model
    def _cancel_tests(self, channel, message, tests):
        """Remember what is cancelled here; ``{key of a test: when it was}`` of all
        these tests."""
        Cancelled = self.env["med.his.cancelled"]
        last = {
            test.key: version_of(test.said_at, receipt=message.id)
            for test in tests
            if test.cancelled
        }
        Cancelled._remember(channel, message, last)
        return Cancelled._versions(channel, {test.key for test in tests})

    @api.model
    def _lines_of_tests(self, channel, tests):
        """``{key of the test: its lines of use}``; one look for all of them."""
        domain = [
            ("company_id", "=", channel.company_id.id),
            ("source", "=", channel._source()),
            ("kind", "=", "use"),
            ("his_test_key", "in", [test.key for test in tests]),
        ]
        return self.env["med.consumption"].search(domain).grouped("his_test_key")

    @api.model
    def _reagents(self, channel, message, test, match):
        """Lines of use of one test, by the card in force."""
        department = self._test_department(channel, test, match)
        procedure = self.env["med.procedure"].browse(match.id)
        cards = procedure._card_by_department()
        card = cards.get((procedure.id, department)) or cards.get((procedure.id, False))
        values = []
        for line in card.line_ids if card else ():
            quantity = line.product_id.uom_id.round(line.expected_qty)
            if not quantity:
                continue
            values.append(
                {
                    "department_id": department,
                    "product_id": line.product_id.id,
                    "quantity": quantity,
                    "kind": "use",
                    "event_time": naive(test.event_time),
                    "source": channel._source(),
                    "external_key": f"{test.key}|{line.product_id.id}",
                    "his_test_key": test.key,
                    "encounter_token": self._token(channel, test.encounter),
                    "his_message_id": message.id,
                }
            )
        return values

    @api.model
    def _test_department(self, channel, test, match):
        """Where the message says, if that is mapped; else where the test is done."""
        found = self.env["med.his.code"]._match_departments(
            channel, {test.department_code} - {""}
        )
        own: Match = found.get(test.department_code, UNKNOWN)
        if not own.problem and not own.ignored:
            return own.id
        usual = self.env["med.procedure"].browse(match.id).department_id
        usual = usual or channel.department_id
        if not usual:
            raise waits("department_missing", test.position)
        return usual.id

    @api.model
    def _back(self, channel, message, test, lines):
        """A test that was cancelled gives back what it had used, once."""
        return [
            {
                "department_id": line.department_id.id,
                "product_id": line.product_id.id,
                "quantity": line.quantity,
                "kind": "return",
                "event_time": line.event_time,
                "source": channel._source(),
                "external_key": f"{line.external_key}:return",
                "encounter_token": line.encounter_token,
                "reversal_of_id": line.id,
                "his_message_id": message.id,
            }
            for line in lines or ()
        ]
