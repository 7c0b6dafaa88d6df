from odoo.tests import BaseCase

from ..core.hl7_message import read_envelope
from ..core.mapping import places
from ..core.masking import COVER, masked_lines
from . import samples


class TestMasking(BaseCase):
    def _shown(self, raw, **options):
        return "\n".join(masked_lines(read_envelope(raw), **options))

    def test_people_are_covered_wherever_they_stand(self):
        shown = self._shown(samples.sample("ms_DFT-P03-01.hl7"))
        for name in (
            "EVERYMAN",
            "Aniston",
            "PATID1234",
            "78788788",
            "Woolfson",
            "DISNEY",
            "40007716",
            "Smith",
            "Chest pain",
            "Stewart",
            "Texas",
            "425-57-9745",
        ):
            self.assertNotIn(name, shown)

    def test_what_was_used_and_where_can_be_seen(self):
        shown = self._shown(samples.sample("ms_DFT-P03-01.hl7"))
        for text in ("FT1|1|12345||20191122", "71045", "RAD-1", "123ABC", "MSG00001"):
            self.assertIn(text, shown)

    def test_a_segment_nobody_thought_of_is_covered(self):
        shown = self._shown(samples.dft("ZZZ|secret||more"))
        self.assertIn(f"ZZZ|{COVER}||{COVER}", shown)

    def test_a_field_that_the_channel_reads_can_be_seen(self):
        raw = samples.dft("ZPA|secret|LOT9")
        shown = self._shown(raw, own_places=places("ZPA-2"))
        self.assertIn(f"ZPA|{COVER}|LOT9", shown)

    def test_a_place_in_a_chosen_segment_uncovers_no_other(self):
        raw = samples.dft("OBX|1|ST|LOT||L-77", "OBX|2|ST|HIV||positive")
        shown = self._shown(raw, own_places=places("OBX[3=LOT]-5"))
        self.assertIn("L-77", shown)
        self.assertNotIn("positive", shown)

    def test_a_mapping_never_uncovers_people(self):
        raw = samples.sample("ms_DFT-P03-01.hl7")
        row = "PID-3 PID-5 PID-11 PID-13 NK1-2 DG1-4 IN1-16 PV1-7 PV1-19 AL1-3"
        self.assertEqual(
            self._shown(raw, own_places=places(row)), self._shown(raw, own_places=())
        )
