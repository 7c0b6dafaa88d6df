from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestRedistribution(ConsumablesCase):
    """ICU holds 40 gloves that expire in 20 days; only ER uses any: 3 a day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lot = cls._lot("OLD", days=20.5)
        cls._stock(40, cls.lot)
        cls._used_daily(3, 90)
        cls.store = cls._user("r_store", "med_consumables.group_storekeeper")
        manager = "med_consumables.group_ward_manager"
        cls.icu_manager = cls._user("r_icu", manager, cls.icu)
        cls.er_manager = cls._user("r_er", manager, cls.er)
        cls.nurse = cls._user("r_nurse", "med_consumables.group_ward_user", cls.er)
        cls.lab = cls._department("LAB", "Laboratory")
        cls.stranger = cls._user("r_lab", manager, cls.lab)
        cls.auditor = cls._user("r_audit", "med_consumables.group_auditor")

    @classmethod
    def _used_daily(cls, quantity, days, **values):
        """ER used ``quantity`` on each of the last ``days`` days."""
        cls.env["med.consumption"]._record(
            [
                {
                    "department_id": cls.er.id,
                    "product_id": cls.gloves.id,
                    "quantity": quantity,
                    "kind": "use",
                    "event_time": cls.now - timedelta(days=ago),
                    "source": "import:history",
                    "external_key": f"past-{ago}",
                    "historical": True,
                    **values,
                }
                for ago in range(days)
            ]
        )

    def _proposals(self):
        return self.env["med.transfer.proposal"]._propose(self.company)

    def test_what_would_expire_is_offered_with_its_value(self):
        proposal = self._proposals()
        self.assertEqual(proposal.giver_id, self.icu)
        self.assertEqual(proposal.receiver_id, self.er)
        self.assertEqual(proposal.lot_id, self.lot)
        self.assertEqual(proposal.quantity, 40)
        self.assertEqual(proposal.value, 100.0)  # 40 at 2.50
        self.assertIn("40", proposal.explanation)

    def test_how_likely_it_is_used_is_said_of_both_places(self):
        proposal = self._proposals()
        self.assertEqual((proposal.giver_chance, proposal.receiver_chance), (0, 1))
        self.assertIn("chance of 0% at most", proposal.explanation)

    def test_use_in_few_large_lines_is_no_reason_to_move(self):
        other = self._product("Drains")
        lot = self._lot("DRAIN", days=20.5, product=other)
        self._stock(40, lot, product=other)
        self._used_daily(270, 1, product_id=other.id, external_key="lump")
        lumps = other._med_use_lumps(self.er)
        self.assertAlmostEqual(lumps[other.id, self.er.id], 267, delta=0.1)
        self.assertNotIn(other, self._proposals().product_id)

    def test_looking_again_keeps_since_when_it_is_offered(self):
        first = self._proposals()
        first.proposed_on -= timedelta(days=3)
        since = first.proposed_on
        self.assertEqual(self._proposals().proposed_on, since)

    def test_looking_again_replaces_what_nobody_decided(self):
        first = self._proposals()
        second = self._proposals()
        self.assertFalse(first.exists())
        self.assertEqual(len(second), 1)

    def test_one_click_makes_a_transfer_of_the_very_lot(self):
        self._stock(40, self._lot("NEW", days=10.5))
        proposal = self._proposals().filtered(lambda offer: offer.lot_id == self.lot)
        proposal.with_user(self.store).action_accept()
        self.assertEqual(proposal.state, "accepted")
        self.assertEqual(proposal.picking_id.move_line_ids.lot_id, self.lot)
        self.assertEqual(proposal.picking_id.state, "assigned")

    def test_the_receiving_manager_confirms_the_arrival(self):
        proposal = self._proposals().with_user(self.er_manager)
        proposal.action_accept()
        proposal.action_receive()
        self.assertEqual(proposal.state, "done")
        self.assertEqual(self._on_hand(self.lot, self.er), 40)
        self.assertEqual(self._on_hand(self.lot), 0)

    def test_the_giver_does_not_confirm_the_arrival(self):
        proposal = self._proposals().with_user(self.icu_manager)
        proposal.action_accept()
        with self.assertRaises(AccessError):
            proposal.action_receive()

    def test_a_nurse_reads_and_decides_nothing(self):
        proposal = self._proposals().with_user(self.nurse)
        self.assertEqual(proposal.quantity, 40)
        for decide in (proposal.action_accept, lambda: proposal._decline("no")):
            with self.assertRaises(AccessError):
                decide()

    def test_other_departments_see_nothing(self):
        self._proposals()
        found = self.env["med.transfer.proposal"].with_user(self.stranger).search([])
        self.assertFalse(found)

    def test_an_auditor_reads_all_and_decides_nothing(self):
        self._proposals()
        proposal = self.env["med.transfer.proposal"].with_user(self.auditor).search([])
        self.assertEqual(len(proposal), 1)
        with self.assertRaises(AccessError):
            proposal.action_accept()
        with self.assertRaises(AccessError):
            proposal.write({"quantity": 1})
        with self.assertRaises(AccessError):
            self.env["med.transfer.proposal"].with_user(self.auditor).action_look()

    def test_a_declined_offer_does_not_come_back_tomorrow(self):
        proposal = self._proposals()
        self.env["med.transfer.decline"].with_user(self.icu_manager).create(
            {"proposal_ids": proposal.ids, "reason": "Kept for the drill"}
        ).action_decline()
        self.assertEqual(proposal.state, "declined")
        self.assertFalse(self._proposals())
        proposal.declined_on -= timedelta(days=31)
        self.assertTrue(self._proposals())

    def test_an_offer_is_accepted_once(self):
        proposal = self._proposals()
        proposal.action_accept()
        with self.assertRaisesRegex(UserError, "no longer"):
            proposal.action_accept()

    def test_what_is_gone_meanwhile_is_said(self):
        proposal = self._proposals()
        self._stock(-30, self.lot)
        with self.assertRaisesRegex(UserError, "only 10"):
            proposal.with_user(self.store).action_accept()

    def test_held_and_expired_lots_are_not_offered(self):
        self.lot.med_hold = True
        self.assertFalse(self._proposals())

    def test_what_was_used_since_it_was_offered_does_not_go(self):
        proposal = self._proposals()
        used = self._use(10, department_id=self.icu.id)
        with self.assertRaisesRegex(UserError, "only 30"), self.cr.savepoint():
            proposal.with_user(self.store).action_accept()
        self._post()
        self.assertEqual(used.state, "posted")

    def test_recorded_use_is_not_offered(self):
        # Of 40, 20 are used already; such a line is not to be expected again so soon.
        self.company.med_redistribution_value = 0.0
        self._use(20, department_id=self.icu.id)
        self.assertEqual(self._proposals().quantity, 20)

    def test_a_cancelled_transfer_is_told(self):
        proposal = self._proposals()
        proposal.action_accept()
        proposal.picking_id.action_cancel()
        self.assertEqual(proposal.state, "cancelled")

    def test_small_change_is_not_worth_a_walk(self):
        self.company.med_redistribution_value = 1000.0
        self.assertFalse(self._proposals())

    def test_the_store_looks_at_any_time(self):
        self.env["med.transfer.proposal"].with_user(self.store).action_look()
        self.assertTrue(self.env["med.transfer.proposal"].search([]))
