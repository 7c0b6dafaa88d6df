from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .items import GROUP, ItemsCase


@tagged("post_install", "-at_install")
class TestMasterChange(ItemsCase):
    def _change(self, field="med_charge_code", value="SF1", user=None, **values):
        return (
            self.env["med.master.change"]
            .with_user(user or self.nurse)
            .create(
                {
                    "product_tmpl_id": self.item.id,
                    "field_name": field,
                    "new_value": value,
                    "reason": "The charge is refused",
                    **values,
                }
            )
        )

    def _asked(self, *args, **kwargs):
        change = self._change(*args, **kwargs)
        change.action_ask()
        return change

    # ---- who writes masters --------------------------------------------------------

    def test_the_category_names_the_data_owner_and_an_item_may_name_its_own(self):
        self.assertEqual(self.item.med_data_owner_id, self.owner)
        new = self._product("Mask").product_tmpl_id
        self.assertEqual(new.med_data_owner_id, self.owner)
        new.med_data_owner_id = self.other_owner
        self.category.med_data_owner_id = self.chief
        self.assertEqual(self.item.med_data_owner_id, self.chief)
        self.assertEqual(new.med_data_owner_id, self.other_owner)

    def test_the_data_owner_and_the_administrator_write_an_item(self):
        self.item.with_user(self.owner).med_charge_code = "SF7"
        self.gloves.with_user(self.chief).default_code = "HC7"
        self.assertEqual(self.item.med_charge_code, "SF7")
        self.assertEqual(self.item.default_code, "HC7")

    def test_others_who_may_write_products_ask(self):
        buyer = self._user("pm", "product.group_product_manager")
        for user in buyer, self.other_owner:
            with self.assertRaisesRegex(AccessError, "owner"):
                self.item.with_user(user).med_charge_code = "SF7"
            with self.assertRaises(AccessError):
                self.gloves.with_user(user).barcode = "123"
            with self.assertRaises(AccessError):
                self.item.with_user(user).med_consumable = False
        self.item.with_user(buyer).description_purchase = "No master data"
        for user in self.nurse, self.storekeeper, self.auditor:
            with self.assertRaises(AccessError):
                self.item.with_user(user).med_charge_code = "SF7"

    # ---- asking and deciding -------------------------------------------------------

    def test_an_approved_change_stands_on_the_item_and_in_its_record(self):
        change = self._asked()
        self.assertEqual(change.requester_id, self.nurse)
        self.assertEqual(change.sudo().activity_ids.user_id, self.owner)
        change.with_user(self.owner).action_approve()
        self.assertEqual(self.item.med_charge_code, "SF1")
        self.assertEqual((change.state, change.decided_by_id), ("approved", self.owner))
        self.assertFalse(change.sudo().activity_ids)
        self.assertIn("SF1", self.item.message_ids[0].body)
        self.assertIn("nurse", self.item.message_ids[0].body)

    def test_nobody_agrees_to_what_they_asked_for(self):
        for user in self.owner, self.chief:
            change = self._asked(user=user)
            self.assertFalse(change.may_decide)
            with self.assertRaisesRegex(UserError, "yourself"):
                change.action_approve()
            change.action_withdraw()

    def test_only_the_owner_or_an_administrator_decides(self):
        change = self._asked()
        for user in self.other_owner, self.storekeeper, self.auditor:
            with self.assertRaises(AccessError):
                change.with_user(user).action_approve()
        manager = self._user("manager", GROUP + "ward_manager", [self.icu])
        own = self._asked(user=manager)
        with self.assertRaises(AccessError):
            own.with_user(self.other_owner).action_refuse()
        self.assertTrue(change.with_user(self.chief).may_decide)
        change.with_user(self.chief).action_approve()
        self.assertEqual(self.item.med_charge_code, "SF1")

    def test_a_refusal_says_why_and_changes_nothing(self):
        change = self._asked().with_user(self.owner)
        with self.assertRaisesRegex(UserError, "Why Refused"):
            change.action_refuse()
        change.refusal = "The code belongs to another item"
        change.action_refuse()
        self.assertEqual(change.state, "refused")
        self.assertFalse(self.item.med_charge_code)

    def test_states_and_askers_cannot_be_forged(self):
        change = self._asked()
        for values in (
            {"state": "approved"},
            {"requester_id": self.storekeeper.id},
            {"decided_by_id": self.owner.id},
        ):
            with self.assertRaises(AccessError):
                change.write(values)
            with self.assertRaises(AccessError):
                self._change(**values)
        with self.assertRaises(UserError):
            change.new_value = "SF2"
        with self.assertRaises(UserError):
            change.unlink()

    def test_values_are_written_as_people_read_them(self):
        for field, words, value in (
            ("med_value_class", "High value", "high"),
            ("med_storage", "refrigerated, 2-8 °C", "cold"),
            ("med_sterile", "是", True),
            ("categ_id", "Gloves", self.category.id),
            ("name", "Examination gloves", "Examination gloves"),
        ):
            with self.subTest(field=field):
                understood = self.item._med_understand(field, words)
                self.assertEqual(understood, value)

    def test_a_word_that_is_no_value_is_answered_with_those_that_are(self):
        with self.assertRaisesRegex(UserError, "Low value, High value"):
            self._asked("med_value_class", "expensive")
        with self.assertRaisesRegex(UserError, "no single"):
            self._asked("categ_id", "Nothing of the sort")

    def test_asking_for_what_stands_already_is_answered_so(self):
        with self.assertRaisesRegex(UserError, "already"):
            self._asked("med_value_class", "Low value")

    def test_a_change_of_something_that_changed_meanwhile_is_asked_anew(self):
        change = self._asked()
        self.item.med_charge_code = "SF-NEW"
        with self.assertRaisesRegex(UserError, "SF-NEW"):
            change.with_user(self.owner).action_approve()
        self.assertEqual(self.item.med_charge_code, "SF-NEW")

    def test_a_wrong_insurance_code_is_refused_by_the_item(self):
        change = self._asked("med_insurance_code", "C12")
        with self.assertRaisesRegex(UserError, "insurance code"):
            change.with_user(self.owner).action_approve()

    def test_a_name_changes_in_the_language_in_which_it_was_asked_for(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        change = self._change("name", "检查手套")
        change.with_context(lang="zh_CN").action_ask()
        change.with_user(self.owner).action_approve()
        self.assertEqual(self.item.with_context(lang="zh_CN").name, "检查手套")
        self.assertEqual(self.item.with_context(lang="en_US").name, "Gloves")

    def test_everybody_sees_their_own_requests_and_owners_those_of_their_items(self):
        change = self._asked()
        seen = {
            user.login: change.id
            in self.env["med.master.change"].with_user(user).search([]).ids
            for user in (
                self.nurse,
                self.storekeeper,
                self.owner,
                self.other_owner,
                self.chief,
                self.auditor,
            )
        }
        self.assertEqual(
            seen,
            {
                "nurse": True,
                "storekeeper": False,
                "owner": True,
                "owner2": False,
                "chief": True,
                "auditor": True,
            },
        )
        with self.assertRaises(AccessError):
            change.with_user(self.auditor).reason = "x"
