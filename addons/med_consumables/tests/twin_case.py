from .common import ConsumablesCase


class TwinCase(ConsumablesCase):
    """One use, told by the ward's scan and by the charge of the HIS."""

    def setUp(self):
        super().setUp()
        self._stock(100, self._lot("A"))
        self.Match = self.env["med.consumption.match"]

    def _policy(self, source="scan", **values):
        return self.env["med.stock.source"].create({"source": source, **values})

    def _scan(self, quantity=2, key="s1", **values):
        return self._use(quantity, key, source="scan", **values)

    def _charge(self, quantity=2, key="c1", **values):
        return self._use(quantity, key, **values)

    def _assert_one_effect(self, posts, never, taken=2):
        self._post()
        self.assertEqual((posts.state, never.state), ("posted", "matched"))
        self.assertFalse(never.allocation_ids)
        self.assertEqual(self._on_hand(), 100 - taken)
        match = posts.match_id
        self.assertEqual(match, never.match_id)
        self.assertEqual(match.state, "matched")
        self.assertEqual((match.posting_line_id, match.other_line_id), (posts, never))
