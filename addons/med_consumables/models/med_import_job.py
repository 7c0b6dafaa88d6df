from odoo import api, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..core.sheet import SheetRefused
from .med_import import WORK


class MedImport(models.Model):
    """The job that works on large files."""

    _inherit = "med.import"

    def _leave_to_job(self):
        self.env.ref("med_consumables.ir_cron_import")._trigger()

    @api.model
    def _cron_work(self):
        """Check and import large files, batch by batch; goes on where it stopped."""
        cron = self.env["ir.cron"]
        todo = self.search([("state", "in", WORK)], order="id")
        cron._commit_progress(remaining=len(todo))
        for job in todo:
            while job.state in WORK and not job._work_in_batches():
                # Somebody wrote on it meanwhile, to stop it: look at it anew.
                self.env.cr.rollback()
            if job.state in WORK:  # the time of this run is over
                cron._commit_progress(remaining=len(todo))
                return
            cron._commit_progress(1)

    def _work_in_batches(self):
        """Work until the end, or the end of the job's time; False after a collision."""
        # On behalf of whoever asked for it. The row is not locked: who wants to stop
        # the work need not wait for it, and it collides with what they wrote.
        job = self.with_user(self.write_uid).sudo()
        try:
            for _batch in job._work():
                if not self.env["ir.cron"]._commit_progress():
                    return True
                if job.state not in WORK:
                    return True
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            return False
        except SheetRefused as refused:
            self.env.cr.rollback()
            job._refuse(refused)
        return True
