import logging
import threading
from contextlib import contextmanager

from psycopg2.extensions import TransactionRollbackError

from odoo import SUPERUSER_ID, api, models
from odoo.http import request
from odoo.modules import module

_logger = logging.getLogger(__name__)
TOUCHED = "med_alerts.ir_cron_evaluate_touched"
#: Seconds between two looks at whether something moved.
EVERY = 0.3


class IrCron(models.Model):
    """What moved is looked at within seconds, whatever else the workers have to do.

    A worker takes the jobs that are due one after the other, and some of them (Odoo's
    scheduler, the cleaning of tables) take minutes in a large hospital: an empty shelf
    would wait for all of them. While a job is running, a second thread of the worker
    looks whether something moved that no other worker has taken, and evaluates it.
    """

    _inherit = "ir.cron"

    @classmethod
    def _process_job(cls, cron_cr, job):
        # Who runs a job by hand waits for that job alone.
        if request or module.current_test:
            return super()._process_job(cron_cr, job)
        with cls._med_alerts_beside(job, super()._process_job):
            return super()._process_job(cron_cr, job)

    @classmethod
    @contextmanager
    def _med_alerts_beside(cls, job, process):
        over = threading.Event()

        def watch():
            threading.current_thread().dbname = cls.pool.db_name
            while not over.wait(EVERY):
                try:
                    cls._med_process_touched(job, process)
                except Exception:  # the next look, or the next worker, does it
                    _logger.exception("what moved could not be looked at")

        thread = threading.Thread(
            target=watch, name="odoo.med_alerts.watch", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    @classmethod
    def _med_process_touched(cls, job, process):
        """Do the job that looks at what moved, where it is due and nobody does it."""
        with cls.pool.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            touched = env.ref(TOUCHED, raise_if_not_found=False)
            if not touched or touched.id == job["id"]:
                return
            try:
                taken = cls._acquire_one_job(cr, touched.id)
            except TransactionRollbackError:
                cr.rollback()  # another worker has just done it
                return
            if taken:
                process(cr, taken)
