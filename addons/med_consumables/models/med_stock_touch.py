from odoo import api, fields, models
from odoo.tools import SQL

from .med_stock_figures import outdated
from .med_stock_triggers import create_triggers

#: Places counted by one transaction of the job.
BATCH = 2_000


class MedStockTouch(models.Model):
    """A queue: something happened in this place of an item since it was counted.

    The database itself writes it (see ``med_stock_triggers``), in the transaction of
    whatever changes stock, use or transfers, so that no way of changing them can be
    forgotten. Rows are only added: writers never wait for each other or for the job
    that counts. Until it has, whoever reads the one view counts the touched places.

    A job works the queue off. It reads, counts and deletes in one snapshot: what a
    transaction did that ends later is not counted, and its touch is not deleted.
    """

    _name = "med.stock.touch"
    _description = "Place to Be Counted"
    _log_access = False
    _order = "id"

    # No foreign key: checking one would fail against a job that counts the place.
    place = fields.Integer(required=True)

    def init(self):
        create_triggers(self.env.cr)
        return super().init()

    @api.model
    def _cron_count(self):
        """Count what was touched or became late, batch by batch."""
        cron = self.env["ir.cron"]
        while done := self._work_off():
            if not cron._commit_progress(done, remaining=self._left()):
                break

    @api.model
    def _work_off(self, limit=BATCH):
        """Count up to ``limit`` places; returns how many were."""
        self.env.flush_all()
        self.env.cr.execute(SQL("%s LIMIT %s", outdated(), limit))
        places = [place for [place] in self.env.cr.fetchall()]
        if places:
            self.env["med.stock.place"]._count(places)
            self.env.cr.execute(
                SQL("DELETE FROM med_stock_touch WHERE place = ANY(%s)", places)
            )
        return len(places)

    @api.model
    def _left(self):
        self.env.cr.execute(SQL("SELECT count(*) FROM (%s) outdated", outdated()))
        return self.env.cr.fetchone()[0]
