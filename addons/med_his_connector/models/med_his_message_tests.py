from odoo import api, models

from ..core.values import naive
from .med_his_code import UNKNOWN, Match
from .outcome import Outcome, ignored, waits


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
        used, taken_back, skipped = [], [], 0
        known = self._lines_of_tests(channel, tests)
        seen = set(known)
        for test in tests:
            match = procedures.get(test.code, UNKNOWN)
            if match.problem:
                raise waits("unknown_procedure", test.position, cause=test.code)
            if test.cancelled:
                taken_back += self._back(channel, message, test, known.get(test.key))
            elif match.ignored or test.key in seen:
                skipped += 1  # none of ours, or counted when it was first final
            else:
                seen.add(test.key)
                used += self._reagents(channel, message, test, match)
        if not used and not taken_back:
            if known:
                return Outcome("processed", repeated_count=len(known))
            raise ignored("no_card" if skipped < len(tests) else "no_effect", skipped)
        lines = self.env["med.consumption"]._record([*used, *taken_back])
        return Outcome("processed", line_count=len(lines), skipped_count=skipped)

    @api.model
    def _lines_of_tests(self, channel, tests):
        """``{key of the test: its lines of use}``; one look for all of them."""
        prefixes = {test.key: f"{test.key}|" for test in tests}
        domain = [
            ("company_id", "=", channel.company_id.id),
            ("source", "=", channel._source()),
            ("kind", "=", "use"),
            ("external_key", "in", self._possible_keys(prefixes.values())),
        ]
        lines = self.env["med.consumption"].search(domain)
        found = {}
        for line in lines:
            key = line.external_key.rpartition("|")[0]
            found[key] = found.get(key, lines.browse()) | line
        return found

    @api.model
    def _possible_keys(self, prefixes):
        """A test's lines are keyed by item; any item that is on a card may be one.

        An exact list of keys is found by the ledger's own index, a pattern is not.
        """
        groups = self.env["med.preference.card.line"]._read_group([], ["product_id"])
        return [f"{prefix}{product.id}" for prefix in prefixes for (product,) in groups]

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
