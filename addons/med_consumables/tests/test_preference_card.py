from datetime import timedelta

from odoo.exceptions import UserError
from odoo.fields import Command

from .common import ConsumablesCase


class TestPreferenceCard(ConsumablesCase):
    """What past cases used becomes a card; what a case used is held against it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mesh = cls._product("Mesh")
        cls.hernia = cls.env["med.procedure"].create(
            {"name": "Hernia repair", "code": "HERNIA", "department_id": cls.icu.id}
        )
        cls.card = cls.env["med.preference.card"].create(
            {"procedure_id": cls.hernia.id, "department_id": cls.icu.id}
        )

    def _done(self, number, gloves=0, mesh=0, days=10, token=None):
        """A case that took place, with what its visit used."""
        token = token or f"{number:064d}"
        case = self.env["med.case"].create(
            {
                "procedure_id": self.hernia.id,
                "start": self.now - timedelta(days=days),
                "encounter_token": token,
            }
        )
        for product, quantity in ((self.gloves, gloves), (self.mesh, mesh)):
            if quantity:
                self._use(
                    quantity,
                    f"{number}-{product.id}",
                    product_id=product.id,
                    encounter_token=token,
                    event_time=case.start + timedelta(minutes=30),
                )
        case.action_done()
        return case

    def _against(self, case):
        self.env.flush_all()
        self.env["med.case.use"].invalidate_model()
        return {
            row.product_id: (row.planned_qty, row.used_qty, row.difference_qty)
            for row in self.env["med.case.use"].search([("case_id", "=", case.id)])
        }

    def _learn(self):
        self.env.flush_all()
        self.card.action_learn()
        return {line.product_id: line for line in self.card.line_ids}

    def test_a_card_is_learned_with_its_spread(self):
        for number, (gloves, mesh) in enumerate(
            [(2, 1), (2, 1), (4, 0), (2, 1), (5, 1)]
        ):
            self._done(number, gloves, mesh)
        learned = self._learn()
        gloves, mesh = learned[self.gloves], learned[self.mesh]
        self.assertEqual(self.card.case_count, 5)
        self.assertEqual((gloves.quantity, gloves.expected_qty), (4.0, 3.0))
        self.assertAlmostEqual(gloves.deviation, 1.41, 2)
        self.assertEqual((mesh.quantity, mesh.share), (1.0, 0.8))
        self.assertEqual(self.card.state, "draft")

    def test_few_cases_teach_nothing(self):
        self._done(1, gloves=2)
        with self.assertRaisesRegex(UserError, "only 1 cases"):
            self._learn()

    def test_a_learned_card_is_offered_once_and_only_where_it_says_something_new(self):
        self.card.unlink()
        for number in range(5):
            self._done(number, gloves=2)
        Card = self.env["med.preference.card"]
        self.env.flush_all()
        for _twice in range(2):
            Card._cron_learn()
        (offered,) = Card.search([("procedure_id", "=", self.hernia.id)])
        offered.action_approve()
        Card._cron_learn()
        self.assertEqual(Card.search([("procedure_id", "=", self.hernia.id)]), offered)

    def test_a_card_takes_the_place_of_one_that_is_older_or_younger(self):
        item = [Command.create({"product_id": self.gloves.id, "quantity": 2})]
        self.card.line_ids = item
        younger = self.card.copy()
        younger.line_ids.quantity = 3
        for new, old in ((younger, self.card), (self.card, younger)):
            if old.state == "draft":
                old.action_approve()
            if new.state != "draft":
                new.sudo().state = "draft"
            self.assertEqual(new.replaced_id, old)
            self.assertEqual(new.line_ids.in_force_qty, old.line_ids.quantity)
            new.action_approve()
            self.env.flush_all()
            self.assertEqual((new.state, old.state), ("approved", "superseded"))

    def test_a_done_case_compares_its_card_with_its_use(self):
        self.card.line_ids = [
            Command.create({"product_id": self.gloves.id, "quantity": 2})
        ]
        self.card.action_approve()
        case = self._done(1, gloves=3, mesh=1)
        self.assertEqual(
            self._against(case), {self.gloves: (2, 3, 1), self.mesh: (0, 1, 1)}
        )

    def test_use_of_a_visit_with_two_cases_belongs_to_the_nearer_one(self):
        token = "7" * 64
        early = self._done(1, gloves=2, days=4, token=token)
        late = self._done(2, gloves=5, days=3, token=token)
        self.assertEqual(self._against(early)[self.gloves][1], 2)
        self.assertEqual(self._against(late)[self.gloves][1], 5)

    def test_a_return_and_another_visit_do_not_count_as_used(self):
        case = self._done(1, gloves=3)
        used = self.env["med.consumption"].search([("external_key", "like", "1-%")])
        self._use(
            1,
            "back",
            kind="return",
            encounter_token=case.encounter_token,
            event_time=case.start + timedelta(hours=1),
            reversal_of_id=used.id,
        )
        self._use(9, "other", encounter_token="9" * 64, event_time=case.start)
        self.assertEqual(self._against(case)[self.gloves][1], 2)

    def test_a_case_that_is_over_and_used_something_is_closed(self):
        case = self._done(1, gloves=1)
        case.action_plan_again()
        unused = self.env["med.case"].create(
            {
                "procedure_id": self.hernia.id,
                "start": self.now - timedelta(days=9),
                "encounter_token": "5" * 64,
            }
        )
        self.env.flush_all()
        self.env["med.case"]._cron_close()
        self.assertEqual((case.state, unused.state), ("done", "planned"))
        self.assertTrue(unused.is_late)
        self.assertEqual(self.env["med.case"].search([("is_late", "=", True)]), unused)

    def test_a_case_does_not_take_place_before_its_time(self):
        case = self.env["med.case"].create(
            {
                "procedure_id": self.hernia.id,
                "start": self.now + timedelta(days=1),
            }
        )
        with self.assertRaisesRegex(UserError, "has not begun"):
            case.action_done()
