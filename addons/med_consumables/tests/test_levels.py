from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .requisition_case import RequisitionCase


@tagged("post_install", "-at_install")
class TestLevels(RequisitionCase):
    """Levels are native reorder rules: the manager proposes, the store writes."""

    def _proposal(self, **values):
        return (
            self.env["med.level.proposal"]
            .with_user(self.head)
            .create(
                {
                    "department_id": self.icu.id,
                    "product_id": self.gloves.id,
                    "proposed_min": 10,
                    "proposed_max": 40,
                    "reason": "More beds",
                    **values,
                }
            )
        )

    def _level(self):
        return self.env["stock.warehouse.orderpoint"].search(
            [("location_id", "=", self.icu.stock_location_id.id)]
        )

    def test_an_accepted_proposal_makes_and_changes_the_reorder_rule(self):
        self._proposal().with_user(self.storekeeper).action_accept()
        level = self._level()
        self.assertEqual((level.product_min_qty, level.product_max_qty), (10, 40))
        self.assertEqual(level.trigger, "manual")
        self.assertEqual(self.icu.level_count, 1)
        second = self._proposal(proposed_min=20, proposed_max=60)
        self.assertEqual(second.current_max, 40)
        second.with_user(self.storekeeper).action_accept()
        self.assertEqual(self._level().mapped("product_max_qty"), [60])
        self.assertEqual(second.decided_by_id, self.storekeeper)

    def test_a_refused_proposal_changes_nothing(self):
        self._proposal().with_user(self.storekeeper).action_refuse()
        self.assertFalse(self._level())

    def test_managers_propose_and_do_not_write(self):
        proposal = self._proposal()
        with self.assertRaisesRegex(UserError, "ask a storekeeper"):
            proposal.action_accept()
        with self.assertRaisesRegex(UserError, "Use the buttons"):
            proposal.state = "accepted"
        with self.assertRaises(AccessError):
            self.env["stock.warehouse.orderpoint"].with_user(self.head).create(
                {
                    "product_id": self.gloves.id,
                    "location_id": self.icu.stock_location_id.id,
                }
            )
        with self.assertRaises(AccessError):
            self._proposal(department_id=self.er.id)
        with self.assertRaises(AccessError):
            proposal.with_user(self.nurse).reason = "x"

    def test_who_proposes_does_not_accept(self):
        self.storekeeper.group_ids |= self.env.ref("med_consumables.group_ward_manager")
        self.storekeeper.med_department_ids = self.icu
        mine = self._proposal().with_user(self.storekeeper).copy()
        with self.assertRaisesRegex(UserError, "proposed this yourself"):
            mine.action_accept()

    def test_the_storekeeper_sets_levels_from_the_department(self):
        action = self.icu.with_user(self.storekeeper).action_view_levels()
        level = (
            self.env["stock.warehouse.orderpoint"]
            .with_user(self.storekeeper)
            .with_context(**action["context"])
            .create(
                {
                    "product_id": self.gloves.id,
                    "product_min_qty": 1,
                    "product_max_qty": 5,
                }
            )
        )
        self.assertEqual(level.location_id, self.icu.stock_location_id)
        self.assertEqual(level.med_usable_qty, 0)
