from itertools import permutations

from odoo.fields import Command
from odoo.tests import new_test_user

from .his_kinds_case import KindsCase


class TestCensus(KindsCase):
    """ADT: where a visit stands, by its token alone."""

    def _adt(self, event, control_id, when, ward="T-OR", extra=(), visit="VISIT-99"):
        return self._message(
            f"ADT^{event}",
            *extra,
            control_id=control_id,
            head=f"EVN|{event}|{when}",
            visit=f"PV1||I|{ward}" + "|" * 16 + visit if visit else "",
        )

    def _visit(self):
        return self.env["med.his.visit"].search([])

    def test_a_visit_is_admitted_moved_and_discharged(self):
        self._process(self._adt("A01", "1", "20260101080000"))
        self.assertEqual(
            (self._visit().state, self._visit().department_id),
            ("admitted", self.theatre),
        )
        self._process(self._adt("A02", "2", "20260102080000", ward="T-ICU"))
        self.assertEqual(self._visit().department_id, self.icu)
        self._process(self._adt("A03", "3", "20260103080000", ward="T-ICU"))
        self.assertEqual(self._visit().state, "discharged")
        self._process(self._adt("A13", "4", "20260103090000", ward="T-ICU"))
        self.assertEqual(self._visit().state, "admitted")
        self._process(self._adt("A11", "5", "20260103100000"))
        self.assertEqual(self._visit().state, "cancelled")
        self.assertRegex(self._visit().token, "^[0-9a-f]{64}$")

    def test_older_news_changes_nothing(self):
        self._process(
            self._adt("A03", "1", "20260103080000"),
            self._adt("A02", "2", "20260102080000", ward="T-ICU"),
        )
        self.assertEqual(self._visit().state, "discharged")
        self.assertEqual(self._visit().department_id, self.theatre)

    def test_a_change_of_data_leaves_the_state(self):
        self._process(
            self._adt("A03", "1", "20260103080000"),
            self._adt("A08", "2", "20260104080000"),
        )
        self.assertEqual(self._visit().state, "discharged")

    def test_any_order_of_delivery_ends_in_the_same_state_and_place(self):
        said = {
            "A01": ("20260103080000", "T-OR"),
            "A03": ("20260103100000", "T-OR"),
            "A08": ("20260103100500", "T-ICU"),
        }
        for number, order in enumerate(permutations(said)):
            own = f"VISIT-{number}"
            for event in order:
                when, ward = said[event]
                self._process(
                    self._adt(event, f"{number}{event}", when, ward=ward, visit=own)
                )
            visit = self._visit()[:1]
            self.assertEqual(visit.message_id.control_id[:1], str(number))
            self.assertEqual(
                (visit.state, visit.department_id, visit.event_time),
                ("discharged", self.icu, self._utc("2026-01-03 02:00")),
                order,
            )

    def test_a_visit_of_which_only_data_were_told_has_no_state(self):
        self._process(self._adt("A08", "1", "20260104080000"))
        self.assertFalse(self._visit().state)
        self.assertEqual(self._visit().department_id, self.theatre)

    def test_a_ward_that_is_none_of_ours_still_tells_the_state(self):
        (message,) = self._process(
            self._adt("A03", "1", "20260103080000", ward="ELSEWHERE")
        )
        self.assertEqual(message.state, "processed")
        self.assertFalse(self._visit().department_id)

    def test_a_merged_visit_takes_its_use_and_its_cases_along(self):
        charge = "FT1||L1||20260105100000||CG|T-GLOVE|||2|||T-OR"
        self._process(
            self._siu("S12", "1", "20260101080000", start="20260105090000"),
            self._message(
                "DFT^P03",
                charge,
                control_id="2",
                visit="PV1||I|T-OR" + "|" * 16 + "OLD-1",
            ),
            self._message(
                "ADT^A40",
                "MRG|||||OLD-1",
                control_id="3",
                head="EVN|A40|20260106080000",
            ),
        )
        case = self.env["med.case"].search([("source", "=", "his:TEST")])
        self.env.flush_all()
        used = self.env["med.case.use"].search(
            [("case_id", "=", case.id), ("product_id", "=", self.gloves.id)]
        )
        self.assertEqual(used.used_qty, 2)
        (merge,) = self.env["med.encounter.merge"].search([])
        self.assertEqual(merge.into_token, case.encounter_token)
        self.assertEqual(merge.token, self._lines().encounter_token)

    def test_in_any_order_the_visit_that_stays_knows_what_was_said_of_both(self):
        def told(number):
            gone, stays = f"GONE-{number}", f"STAYS-{number}"
            return (
                self._adt("A01", f"{number}a", "20260101080000", visit=stays),
                self._adt("A02", f"{number}b", "20260102080000", "T-ICU", visit=gone),
                self._message(
                    "ADT^A40",
                    f"MRG|||||{gone}",
                    control_id=f"{number}c",
                    head="EVN|A40|20260103080000",
                    visit="PV1||I|T-OR" + "|" * 16 + stays,
                ),
            )

        for number, order in enumerate(permutations(range(3))):
            messages = told(number)
            for position in order:
                self._process(messages[position])
            visits = self._visit().filtered(
                lambda visit, number=number: (
                    visit.message_id.control_id.startswith(f"{number}")
                    and visit.state != "merged"
                )
            )
            self.assertEqual(len(visits), 1, order)
            self.assertEqual(visits.department_id, self.icu, order)
            self.assertEqual(visits.state, "admitted", order)

    def test_merges_follow_each_other(self):
        merge = self.env["med.encounter.merge"]
        now = self._utc("2026-01-01 00:00")
        for token, into in (("a", "b"), ("b", "c"), ("a", "b")):
            merge._merge(self.company, token, into, now)
        self.assertEqual(merge._current(self.company, ["a", "b"]), {"a": "c", "b": "c"})

    def test_a_merge_that_names_nothing_is_said(self):
        (message,) = self._process(
            self._message("ADT^A40", control_id="1", head="EVN|A40|20260106080000")
        )
        self.assertEqual(message.error_code, "required")

    def test_the_nurse_is_warned_of_a_visit_that_was_discharged(self):
        self._process(self._adt("A03", "1", "20260103080000"))
        nurse = new_test_user(
            self.env,
            "census_nurse",
            groups="med_consumables.group_ward_user",
            med_department_ids=[Command.set([self.theatre.id, self.icu.id])],
        )
        screen = self.env["med.point.of.use"].with_user(nurse)
        answer = screen.read_wristband("VISIT-99", self.theatre.id)
        self.assertEqual(
            screen._token_of_ticket(answer["token"], self.theatre), self._visit().token
        )
        self.assertRegex(answer["warnings"][0], "discharged on 2026-01-03")
        self._process(self._adt("A13", "2", "20260103090000"))
        answer = screen.read_wristband("VISIT-99", self.theatre.id)
        self.assertEqual(answer["warnings"], [])
        answer = screen.read_wristband("VISIT-99", self.icu.id)
        self.assertRegex(answer["warnings"][0], "is in .*T-OR")
        self.assertEqual(screen.read_wristband("OTHER", self.icu.id)["warnings"], [])
