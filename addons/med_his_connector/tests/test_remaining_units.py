from .his_kinds_case import KindsCase


class TestRemainingUnits(KindsCase):
    """What another system says is left is compared in the item's own unit."""

    def setUp(self):
        super().setUp()
        self._own("ras", "kind", places="RXA-9")
        self._own("ras", "left", places="RXA-26")

    def _station(self, left, unit):
        given = {2: "1", 3: "20260105100000", 5: "T-GLOVE", 6: "2", 7: unit}
        given |= {9: "USGE", 11: "T-ICU", 26: left}
        ras = "RXA|" + "|".join(given.get(n, "") for n in range(1, 27))
        return self._process(self._message("RAS^O01", "ORC|NW|S1", ras))

    def test_boxes_are_compared_as_the_pieces_that_they_hold(self):
        box = self.env["uom.uom"].create(
            {
                "name": "Box of 100",
                "relative_factor": 100,
                "relative_uom_id": self.gloves.uom_id.id,
            }
        )
        self._map("unit", "BX", uom_id=box.id)
        (message,) = self._station("3", "BX")
        self.assertEqual(message.state, "processed", message.error_text)
        said = message.remaining_ids
        self.assertEqual((said.reported_qty, self._lines().quantity), (300, 200))

    def test_nothing_left_is_told_in_any_unit(self):
        said = self._station("0", "").remaining_ids
        self.assertEqual((said.reported_qty, said.expected_qty), (0, 0))
