import base64
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models import med_import_steps, med_import_work
from .committed_case import CommittedCase
from .import_case import NAME, ImportCase


@tagged("post_install", "-at_install")
class TestImportJob(ImportCase):
    """Large files, batch by batch: interrupted, stopped, gone on with."""

    def setUp(self):
        super().setUp()
        self.patch(med_import_steps, "AT_ONCE_BYTES", 0)
        self.patch(med_import_steps, "AT_ONCE_ROWS", 5)
        self.patch(med_import_work, "BATCH", 3)

    def test_a_large_file_is_left_to_the_job_and_goes_on_where_it_stopped(self):
        lines = [[f"A{n}", f"Item no {n}", NAME, "", ""] for n in range(1, 8)]
        job = self._items(*lines)
        job.action_check()
        self.assertEqual(job.state, "checking")
        self._run_job()
        self.assertEqual((job.state, job.rows_total), ("checked", 7))
        job.action_import()
        self.assertEqual(job.state, "importing")
        with self._interrupted_after(1):
            self.env["med.import"]._cron_work()
        self.assertEqual((job.rows_done, job.state), (3, "importing"))
        self.assertTrue(self._known("A3"))
        self.assertFalse(self._known("A4"))
        self._run_job()
        self.assertEqual((job.state, job.to_create, job.rows_done), ("done", 7, 7))
        self.assertEqual(len(self._known("A2")), 1)

    def test_a_large_import_is_stopped_and_goes_on_or_is_undone(self):
        lines = [[f"A{n}", f"Item no {n}", NAME, "", ""] for n in range(1, 8)]
        job = self._items(*lines)
        job.action_check()
        job.action_stop()
        self.assertEqual(job.state, "draft")
        job.action_check()
        self._run_job()
        job.action_import()
        with self._stopped_after_a_batch(job):
            self.env["med.import"]._cron_work()
        self.assertEqual((job.state, job.rows_done), ("stopped", 3))
        self._run_job()  # it stays so until somebody says otherwise
        self.assertFalse(self._known("A4"))
        with self.assertRaisesRegex(UserError, "stays as its record"):
            job.unlink()
        job.action_go_on()
        self._run_job()
        self.assertEqual((job.state, job.to_create), ("done", 7))
        self.assertTrue(self._known("A7"))
        with self.assertRaisesRegex(UserError, "was not stopped"):
            job.action_go_on()
        again = self._items(*[["B" + line[0], *line[1:]] for line in lines])
        again.action_check()
        self._run_job()
        again.action_import()
        with self._stopped_after_a_batch(again):
            self.env["med.import"]._cron_work()
        self.assertTrue(self._known("BA1"))
        again.action_undo()
        self.assertFalse(self._known("BA1"))
        self.assertEqual(again.state, "undone")

    def _stopped_after_a_batch(self, job):
        def commit_progress(cron, processed=0, *, remaining=None, deactivate=False):
            if remaining is None and not processed:
                job.action_stop()
            return 60

        return patch.object(
            type(self.env["ir.cron"]), "_commit_progress", commit_progress
        )

    def _run_job(self):
        with self._interrupted_after(1000):
            self.env["med.import"]._cron_work()

    def _interrupted_after(self, batches):
        """The job is told after so many batches that its time is over."""
        told = []

        def commit_progress(cron, processed=0, *, remaining=None, deactivate=False):
            if remaining is None and not processed:
                told.append(1)
            return 0 if len(told) >= batches else 60

        return patch.object(
            type(self.env["ir.cron"]), "_commit_progress", commit_progress
        )


@tagged("post_install", "-at_install")
class TestStoppedMeanwhile(CommittedCase):
    """Somebody stops an import while a batch is under way."""

    def test_the_batch_under_way_is_given_up_and_the_import_stays_stopped(self):
        book = "Item Code,Item Name,Unit\nSTOP1,Stopped syringe,Units\n"
        with (
            patch.object(med_import_steps, "AT_ONCE_ROWS", 0),
            self._committed() as env,
        ):
            job = env["med.import"].create(
                {
                    "file": base64.b64encode(book.encode()),
                    "filename": "list.csv",
                    "lang": "en_US",
                }
            )
            job.action_check()
            self.assertEqual((job.state, job.to_create), ("checked", 1))
            job.action_import()
        self.addCleanup(self._take_away, job.id)
        planner = self.registry["med.import.items"]
        begun = []
        apply, committed = planner._apply, self._committed

        def stopped_meanwhile(self, run, plans):
            begun.append(len(plans))
            with committed() as other:
                other["med.import"].browse(job.id).action_stop()
            return apply(self, run, plans)

        with (
            patch.object(planner, "_apply", stopped_meanwhile),
            self._committed() as env,
        ):
            env["med.import"]._cron_work()
        with self._committed() as env:
            found = env["med.import"].browse(job.id)
            self.assertEqual((begun, found.state, found.rows_done), ([1], "stopped", 0))
            made = env["product.template"].search([("default_code", "=", "STOP1")])
            self.assertFalse(made)

    def _take_away(self, number):
        with self._committed() as env:
            env.cr.execute(
                "UPDATE med_import SET state = 'draft' WHERE id = %s", [number]
            )
            env["med.import"].browse(number).unlink()
