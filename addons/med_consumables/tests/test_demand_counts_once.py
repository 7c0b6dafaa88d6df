from datetime import timedelta

from odoo.tests import tagged

from .twin_case import TwinCase


@tagged("post_install", "-at_install")
class TestDemandCountsOnce(TwinCase):
    """A use that the ward scans and HIS charges is one use in every average."""

    def setUp(self):
        super().setUp()
        self._policy("scan")
        then = {"event_time": self.now - timedelta(days=10), "encounter_token": "v1"}
        self.scan = self._scan(20, **then)
        self.charge = self._charge(20, **then)
        # Charged and never scanned: nobody knows yet whether it was used.
        self.lone = self._charge(
            4, "c2", event_time=self.now - timedelta(days=5), encounter_token="v2"
        )
        self._post()
        states = (self.scan | self.charge | self.lone).mapped("state")
        self.assertEqual(states, ["posted", "matched", "waiting"])

    def _daily_use(self):
        found = self.gloves._med_daily_use(self.icu)
        return found[self.gloves.id, self.icu.id]

    def test_the_average_of_the_night_counts_it_once(self):
        self.env["med.daily.use"]._refresh()
        kept = self.env["med.daily.use"].search(
            [
                ("product_id", "=", self.gloves.id),
                ("location_id", "=", self.icu.stock_location_id.id),
            ]
        )
        self.assertAlmostEqual(kept.daily_use, 2.0, places=2)

    def test_the_average_of_a_proposal_is_the_same(self):
        self.assertAlmostEqual(self._daily_use(), 2.0, places=2)

    def test_an_older_ledger_is_averaged_over_the_window(self):
        self._use(9, "h", event_time=self.now - timedelta(days=100), historical=True)
        self.assertAlmostEqual(self._daily_use(), 20 / 90, places=3)

    def test_a_years_value_counts_it_once(self):
        self.env["product.template"]._cron_med_abc()
        self.assertAlmostEqual(self.gloves.med_abc_value, self.scan.value)
        self.assertAlmostEqual(self.scan.value, 50.0)
