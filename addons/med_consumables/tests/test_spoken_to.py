from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestSpokenTo(ConsumablesCase):
    """Words that are kept for somebody are in that person's language."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")

    def test_a_task_is_in_the_language_of_whoever_gets_it(self):
        manager = new_test_user(
            self.env, "head", groups="med_consumables.group_ward_manager"
        )
        self.icu.manager_id = manager
        for language, words in (("zh_CN", "审批"), ("en_US", "Approve or refuse")):
            manager.lang = language
            asked = self.env["med.requisition"].create(
                {
                    "department_id": self.icu.id,
                    "line_ids": [
                        Command.create({"product_id": self.gloves.id, "asked_qty": 1})
                    ],
                }
            )
            asked.action_ask()
            [task] = asked.activity_ids
            self.assertIn(words, task.summary)

    def test_the_source_of_a_line_is_told_in_words(self):
        lines = self.env["med.consumption"]
        for source, words in (
            ("manual", "Entered by hand"),
            ("import:charges", "Imported history · charges"),
            ("cabinet", "cabinet"),  # a source that no addon knows is shown as it is
        ):
            with self.subTest(source=source):
                self.assertEqual(lines.new({"source": source}).source_name, words)


@tagged("post_install", "-at_install")
class TestJobsSpeak(TransactionCase):
    def _language_of(self, job):
        heard = []

        def run(actions):
            heard.append(actions.env.context.get("lang"))

        with (
            self.enter_registry_test_mode(),
            patch.object(type(self.env["ir.actions.server"]), "run", run),
        ):
            self.env.ref(job).method_direct_trigger()
        return heard

    def test_a_job_speaks_the_language_of_the_hospital(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env.company.partner_id.lang = "zh_CN"
        own = "med_consumables.ir_cron_post_consumption"
        self.assertEqual(self._language_of(own), ["zh_CN"])
        others = "base.autovacuum_job"
        self.assertEqual(self._language_of(others), [None])
