from unittest.mock import patch

from odoo.tests import tagged

from .twin_case import TwinCase


@tagged("post_install", "-at_install")
class TestCrossedReports(TwinCase):
    """Reports that did not see each other are paired before they post."""

    def test_a_batch_looks_for_the_twins_of_its_own_lines(self):
        mask = self._product("Mask")
        waiting = [
            self._scan(1, f"s{number}", encounter_token="v") for number in range(20)
        ]
        self._use(1, "m", source="scan", product_id=mask.id, encounter_token="v")
        looked_at = []
        Ledger = type(self.env["med.consumption"])
        settle = Ledger._settle_twins

        def settled(lines):
            looked_at.append(len(lines))
            return settle(lines)

        with patch.object(Ledger, "_settle_twins", settled):
            self.env["med.consumption"]._post_pending([("product_id", "=", mask.id)])
            self.assertEqual(sum(looked_at), 1)
            for _batch in range(4):
                self.env["med.consumption"]._post_pending(limit=5)
        self.assertEqual(sum(looked_at), 1 + 20)
        self.assertEqual({line.state for line in waiting}, {"posted"})

    def test_crossed_reports_have_one_effect_though_a_batch_ends_between_them(self):
        scan = self._scan(2, encounter_token="v")
        charge = self._charge(2, encounter_token="v")
        if match := charge.match_id:
            # As if each was recorded before the other could be seen.
            (scan | charge).write({"match_id": False, "state": "recorded"})
            match.sudo().state = "cancelled"
        for _batch in range(3):
            self.env["med.consumption"]._post_pending(limit=1)
        self.assertEqual(sorted((scan | charge).mapped("state")), ["matched", "posted"])
        self.assertEqual(self._on_hand(), 98)
