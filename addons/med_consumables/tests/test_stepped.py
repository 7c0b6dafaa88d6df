from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestStepped(ConsumablesCase):
    """What steps set is set by steps, in every model that says so."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.everything = new_test_user(
            cls.env,
            "everything",
            "base.group_system,med_consumables.group_administrator",
            company_id=cls.company.id,
        )

    def _stepped(self):
        """Every model that moves on by its buttons."""
        for name in sorted(self.env.registry):
            model = self.env[name].with_user(self.everything)
            if not model._abstract and "_med_set_by_steps" in dir(model):
                yield model

    def test_nobody_enters_what_steps_set(self):
        models = list(self._stepped())
        self.assertGreater(len(models), 10)
        for model in models:
            for name in model._med_set_by_steps:
                with self.subTest(model=model._name, field=name):
                    self.assertIn(name, model._fields)
                    with self.assertRaisesRegex(AccessError, "Use the buttons"):
                        model.create({name: False})
                    with self.assertRaisesRegex(AccessError, "Use the buttons"):
                        model.browse().write({name: False})

    def test_a_copy_begins_at_the_beginning(self):
        copied = [
            f"{model._name}.{name}"
            for model in self._stepped()
            if model.has_access("create")
            for name in model._med_set_by_steps
            if model._fields[name].copy and not model._fields[name].compute
        ]
        self.assertEqual(copied, [])

    @mute_logger("odoo.models")
    def test_a_default_of_the_context_is_no_way_round(self):
        recall = (
            self.env["med.recall"]
            .with_user(self.everything)
            .with_context(default_state="closed", default_level="1")
            .create({"subject": "Needles", "level": "2"})
        )
        self.assertEqual((recall.state, recall.level), ("draft", "2"))
        # Whoever made it goes on with what they said before.
        self.assertEqual(recall.env.context["default_state"], "closed")

    def test_a_default_lists_no_item_past_the_committee(self):
        owner = self._user(
            "owner", "med_consumables.group_data_owner,product.group_product_manager"
        )
        item = (
            self.env["product.template"]
            .with_user(owner)
            .with_context(default_med_catalogue_state="listed")
            .create({"name": "Stent", "med_consumable": True})
        )
        self.assertEqual(item.med_catalogue_state, "candidate")

    def test_a_line_is_not_moved_to_a_request_that_was_asked_for(self):
        manager = self._user(
            "manager", "med_consumables.group_ward_manager", [self.icu]
        )
        requests = self.env["med.requisition"].with_user(manager)
        line = {"product_id": self.gloves.id, "asked_qty": 1}
        asked, draft = requests.create(
            [
                {"department_id": self.icu.id, "line_ids": [Command.create(line)]}
                for _each in range(2)
            ]
        )
        asked.action_ask()
        self.assertEqual(asked.state, "asked")
        with self.assertRaises(UserError):
            draft.line_ids.requisition_id = asked

    def test_a_set_is_not_released_without_its_step(self):
        loaner = (
            self.env["med.loaner"]
            .with_user(self.everything)
            .create(
                {
                    "supplier_id": self.env["res.partner"].create({"name": "S"}).id,
                    "department_id": self.icu.id,
                }
            )
        )
        self.assertNotEqual(loaner.name, "/")
        with self.assertRaisesRegex(AccessError, "State.*Loaner Set"):
            loaner.state = "released"
        self.assertEqual(loaner.state, "announced")
