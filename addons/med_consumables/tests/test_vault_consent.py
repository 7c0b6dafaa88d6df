from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .test_vault import VaultCase


@tagged("post_install", "-at_install")
class TestVaultConsent(VaultCase):
    """Where policy asks for it, one officer asks and another one consents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.med_vault_two_persons = True
        cls.second = cls._user("officer2", "med_consumables.group_privacy_officer")

    def _asked(self, **values):
        return self._look_up(self._implanted(), **values)

    def _consent(self, access):
        access.with_user(self.second).action_consent()
        return access

    def test_nothing_is_seen_before_another_officer_consents_and_it_is_opened(self):
        access = self._asked()
        self.assertEqual((access.state, access.read_at), ("asked", False))
        self.assertFalse(access.content)
        with self.assertRaisesRegex(UserError, "cannot be opened"):
            access.action_open()
        with self.assertRaises(UserError):
            access.action_print_sheets()
        self._consent(access)
        self.assertEqual(access.state, "granted")
        self.assertEqual(access.consent_user_id, self.second)
        self.assertFalse(access.content)
        access.action_open()
        self.assertIn("V-77", access.content)
        self.assertEqual(access.state, "opened")

    def test_it_opens_once(self):
        access = self._consent(self._asked())
        access.action_open()
        with freeze_time(fields.Datetime.now() + timedelta(minutes=16)):
            access.invalidate_recordset()
            self.assertFalse(access.content)
            with self.assertRaisesRegex(UserError, "opened before"):
                access.action_open()

    def test_nobody_consents_to_their_own_question(self):
        access = self._asked()
        self.assertFalse(access.may_answer)
        with self.assertRaisesRegex(AccessError, "of their own"):
            access.action_consent()
        with self.assertRaises(AccessError):
            access.sudo().action_consent()

    def test_only_an_officer_answers(self):
        access = self._asked()
        for user in (self.storekeeper, self.head, self.auditor):
            for act in ("action_consent", "action_refuse", "action_open"):
                with self.assertRaises(AccessError):
                    getattr(access.with_user(user), act)()
        self.assertEqual(access.state, "asked")

    def test_who_consents_does_not_see_and_does_not_open(self):
        access = self._consent(self._asked())
        seen = access.with_user(self.second)
        self.assertFalse(seen.may_open)
        with self.assertRaises(UserError):
            seen.action_open()
        access.action_open()
        self.assertFalse(seen.content)

    def test_a_refusal_is_final(self):
        access = self._asked()
        access.with_user(self.second).action_refuse()
        self.assertEqual(access.state, "refused")
        with self.assertRaises(UserError):
            access.with_user(self.second).action_consent()
        with self.assertRaises(UserError):
            access.action_open()

    def test_a_question_and_a_consent_end_after_their_time(self):
        asked = self._asked()
        granted = self._consent(self._look_up(self._implanted("2")))
        late = fields.Datetime.now() + timedelta(hours=25)
        with freeze_time(late):
            (asked | granted).invalidate_recordset()
            self.assertTrue(asked.is_too_late and granted.is_too_late)
            with self.assertRaisesRegex(UserError, "time is over"):
                self._consent(asked)
            with self.assertRaisesRegex(UserError, "time is over"):
                granted.action_open()
            found = asked.search([("is_too_late", "=", True)])
            self.assertEqual(found, asked | granted)
            self.assertFalse(
                asked.search([("id", "in", found.ids), ("is_too_late", "=", False)])
            )

    def test_a_question_can_be_neither_changed_nor_opened_by_writing(self):
        access = self._asked(state="opened", read_at=fields.Datetime.now())
        self.assertEqual((access.state, access.read_at), ("asked", False))
        for change in ({"state": "granted"}, {"consent_user_id": self.second.id}):
            with self.assertRaises(AccessError):
                access.with_user(self.second).write(change)
            with self.assertRaises(AccessError):
                access.sudo().write(change)

    def test_default_values_of_a_client_open_nothing(self):
        line = self._implanted()
        now = fields.Datetime.now()
        access = (
            self.env["med.vault.access"]
            .with_user(self.officer)
            .with_context(default_read_at=now, default_consent_user_id=self.second.id)
            .create({"reason": "R", "consumption_ids": [Command.set(line.ids)]})
        )
        self.assertEqual((access.state, access.read_at), ("asked", False))
        self.assertFalse(access.consent_user_id)
        self.assertFalse(access.content)

    def test_what_was_never_opened_is_not_seen_whatever_its_time(self):
        access = self._asked()
        access._go_on({"read_at": fields.Datetime.now()})
        self.assertFalse(access.content)

    def test_lines_of_a_lenient_company_do_not_open_those_of_a_strict_one(self):
        strict = self._implanted("strict")
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        for officer in (self.officer, self.second):
            officer.company_ids |= elsewhere
        account = self.icu.analytic_account_id.copy({"company_id": elsewhere.id})
        ward = (
            self.env["med.department"]
            .with_company(elsewhere)
            .create({"code": "W", "name": "Ward", "analytic_account_id": account.id})
        )
        lenient = self._use(
            1, "lenient", product_id=self.stent.id, department_id=ward.id
        )
        access = (
            self.env["med.vault.access"]
            .with_user(self.officer)
            .with_context(allowed_company_ids=(self.company | elsewhere).ids)
            .create(
                {
                    "reason": "Recall",
                    "consumption_ids": [Command.set([lenient.id, strict.id])],
                }
            )
        )
        self.assertEqual((access.state, access.company_id), ("asked", self.company))
        self.assertFalse(access.content)

    def test_who_consents_is_an_officer_of_every_strict_company(self):
        access = self._asked()
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.second.write(
            {"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere.id}
        )
        with self.assertRaises(AccessError):
            access.with_user(self.second).sudo().action_consent()

    def test_the_other_officers_are_told_and_then_who_asked(self):
        before = self.env["mail.message"].search([], order="id desc", limit=1).id
        access = self._asked(reason="SECRET-REASON")
        self._consent(access)
        told = self.env["mail.message"].search([("id", ">", before)], order="id")
        told = told.filtered(lambda each: each.model == access._name)
        self.assertEqual(
            told.mapped("partner_ids"), (self.second | self.officer).partner_id
        )
        words = " ".join(f"{each.subject} {each.body}" for each in told)
        for secret in ("SECRET-REASON", "V-77", "STENT-1"):
            self.assertNotIn(secret, words)

    def test_without_a_second_officer_it_is_said_who_must_name_one(self):
        self.second.active = False
        with self.assertRaisesRegex(UserError, "no second privacy officer"):
            self._asked()

    def test_another_company_keeps_its_own_policy(self):
        self.company.med_vault_two_persons = False
        access = self._asked()
        self.assertEqual(access.state, "opened")
        self.assertIn("V-77", access.content)

    def test_the_policy_is_audited_and_holds_for_an_hour_at_least(self):
        entry = self.env["med.audit.entry"].search(
            [("field_name", "=", "med_vault_two_persons")], limit=1
        )
        self.assertEqual(entry.subject, "policy")
        with self.assertRaises(ValidationError):
            self.company.med_vault_consent_hours = 0

    def test_an_auditor_sees_who_asked_and_who_consented(self):
        access = self._consent(self._asked()).with_user(self.auditor)
        self.assertEqual(
            (access.user_id, access.consent_user_id), (self.officer, self.second)
        )

    def test_the_screen_of_a_recall_asks_for_consent(self):
        self._implanted()
        recall = self._stent_recall()
        Form(recall.with_user(self.officer))  # an officer can open it
        action = recall.with_user(self.officer).action_look_up_visits()
        form = Form(
            self.env["med.vault.access"]
            .with_user(self.officer)
            .with_context(**action["context"])
        )
        self.assertTrue(form.needs_consent)
        access = form.save()
        self.assertEqual((access.state, access.line_count), ("asked", 1))
