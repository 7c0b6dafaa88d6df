from odoo import api, fields, models
from odoo.tools import SQL

from .med_stock_figures import due

#: Places counted by one transaction of the job.
BATCH = 2_000


class MedStockTouch(models.Model):
    """A queue: something happened in this place of an item since it was counted.

    The database itself writes it (see ``med_stock_triggers``), in the transaction of
    whatever changes stock, use or transfers, so that no way of changing them can be
    forgotten. Rows are only added: writers never wait for each other or for the job
    that counts, and never fail because of either, also where a place is new. Until the
    job has come, whoever reads the one view counts the touched places.

    A job works the queue off. It reads, counts and deletes in one snapshot: what a
    transaction did that ends later is not counted, and its touch is not deleted.
    """

    _name = "med.stock.touch"
    _description = "Place to Be Counted"
    _log_access = False
    _order = "id"

    # No foreign keys: what they cost and lock would be paid by whoever moves stock.
    product = fields.Integer(required=True)
    location = fields.Integer(required=True)
    owner = fields.Integer()

    @api.model
    def _cron_count(self):
        """Count what was touched or became late, batch by batch."""
        cron = self.env["ir.cron"]
        while done := self._work_off():
            if not cron._commit_progress(done, remaining=self._left()):
                break

    @api.model
    def _work_off(self, limit=BATCH):
        """Count the places of the ``limit`` oldest touches, and as many that are late.

        Returns how much was done.
        """
        self.env.flush_all()
        place = self.env["med.stock.place"]
        oldest = SQL("SELECT * FROM med_stock_touch ORDER BY id LIMIT %s", limit)
        place._add_new(oldest)
        self.env.cr.execute(
            SQL(
                """
                SELECT place.id FROM (%(oldest)s) touch
                JOIN med_stock_place place ON place.product_id = touch.product
                    AND place.location_id = touch.location
                    AND place.owner_id IS NOT DISTINCT FROM touch.owner
                UNION
                (SELECT due.id FROM (%(due)s) due LIMIT %(limit)s)
                """,
                oldest=oldest,
                due=due(),
                limit=limit,
            )
        )
        places = [id_ for [id_] in self.env.cr.fetchall()]
        place._count(places)
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM med_stock_touch touch
                USING (SELECT DISTINCT product, location, owner FROM (%s) touch) done
                WHERE touch.product = done.product AND touch.location = done.location
                AND touch.owner IS NOT DISTINCT FROM done.owner
                """,
                oldest,
            )
        )
        return max(len(places), self.env.cr.rowcount)

    @api.model
    def _left(self):
        self.env.cr.execute(
            SQL(
                "SELECT (SELECT count(*) FROM med_stock_touch) "
                "+ (SELECT count(*) FROM (%s) due)",
                due(),
            )
        )
        return self.env.cr.fetchone()[0]
