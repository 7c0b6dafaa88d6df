import logging
from contextlib import contextmanager

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)
BATCH = 2000
NIGHT = "med_alerts: nightly run"


class MedAlertTouch(models.Model):
    """A queue: stock of this product changed in this place, or a record that a kind
    watches; alerts look at it again.

    Rows are only added and taken away, so that a posting never waits for an
    evaluation. A row that cannot be worked off stays.
    """

    _name = "med.alert.touch"
    _description = "Stock to Be Checked"
    _log_access = False
    _order = "id"

    product_id = fields.Many2one("product.product", ondelete="cascade")
    location_id = fields.Many2one("stock.location", ondelete="cascade")
    kind = fields.Char(help="The kind that watches the record; empty for stock.")
    res_id = fields.Integer()
    again = fields.Boolean(
        help="Looked at while a nightly run was going on, which may not have seen it: "
        "it is looked at once more when that run has ended."
    )

    @api.model
    @contextmanager
    def _night(self):
        """A nightly run: what is touched meanwhile is looked at again after it.

        The run sees the stock of the moment in which it began. The lock is one of the
        database session: it goes with a process that dies.
        """
        cr = self.env.cr
        cr.execute("SELECT pg_advisory_lock(hashtext(%s))", [NIGHT])
        try:
            # What follows sees all that came before.
            self.env["ir.cron"]._commit_progress()
            yield
        except Exception:
            cr.rollback()
            raise
        finally:
            cr.execute("SELECT pg_advisory_unlock(hashtext(%s))", [NIGHT])
        self.env.ref("med_alerts.ir_cron_evaluate_touched")._trigger()

    @api.model
    def _is_night(self):
        """Whether a nightly run is going on; none begins in this transaction."""
        query = SQL("SELECT pg_try_advisory_xact_lock_shared(hashtext(%s))", NIGHT)
        [[by_day]] = self.env.execute_query(query)
        return not by_day

    @api.model
    def _touch(self, pairs):
        """Queue pairs (product id, location id), once each per transaction.

        The rows are written when the transaction commits: a thousand moves of one
        posting make one insert.
        """
        pairs = set(pairs)
        precommit = self.env.cr.precommit
        if not pairs:
            return
        if self._name not in precommit.data:
            precommit.data[self._name] = set()
            precommit.add(self._queue_touched)
        precommit.data[self._name] |= pairs

    @api.model
    def _touch_records(self, kind, ids):
        """Queue records that the kind ``kind`` watches, once each per transaction."""
        self._touch((kind, res_id) for res_id in ids)

    def _touch_moves(self, moves):
        """Queue both ends of done moves, as far as they are places with stock."""
        lines = moves.move_line_ids
        self._touch(
            (line.product_id.id, place.id)
            for line in lines
            for place in (line.location_id, line.location_dest_id)
            if place.usage in ("internal", "transit")
        )

    @api.model
    def _queue_touched(self):
        touched = self.env.cr.precommit.data.pop(self._name, ())
        # Whoever moves stock feeds the queue of the engine; nobody reads it.
        queue = self.sudo()
        pairs = {pair for pair in touched if not isinstance(pair[0], str)}
        products = queue.product_id.browse({product for product, _ in pairs}).exists()
        places = queue.location_id.browse({place for _, place in pairs}).exists()
        queue.create(
            [
                {"product_id": product, "location_id": place}
                for product, place in sorted(pairs)
                # Something may have been made and deleted in one transaction.
                if product in products._ids and place in places._ids
            ]
            + [
                {"kind": kind, "res_id": res_id}
                for kind, res_id in sorted(set(touched) - pairs)
            ]
        )
        queue.env.ref("med_alerts.ir_cron_evaluate_touched")._trigger()

    @api.model
    def _cron_evaluate_touched(self):
        """Work off the queue in batches, each in a transaction of its own."""
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self.search_count([]))
        while touches := self._take():
            try:
                touches._work_off()
                left = cron._commit_progress(len(touches))
            except OperationalError:
                # Another run wrote the same alerts: the rows stay for the next one.
                _logger.info("alerts are being written by another run: try again")
                self.env.cr.rollback()
                self.env.ref("med_alerts.ir_cron_evaluate_touched")._trigger()
                break
            if not left:
                break

    def _work_off(self):
        """Evaluate what these rows say was touched, and take them away.

        While a nightly run is going on they stay, to be looked at once more after it.
        """
        rules = self.env["med.alert.rule"].search([("at_once", "=", True)])
        alerts = self.env["med.alert"]
        stock = self.filtered("product_id")
        if stock:
            pairs = {(row.product_id.id, row.location_id.id) for row in stock}
            kinds = rules._touched_kinds()
            touched = rules.filtered(lambda rule: rule.kind in kinds)
            with touched._stock_at_hand(alerts._look(pairs)) as at_hand:
                alerts._evaluate(at_hand, pairs)
        for kind, rows in (self - stock).grouped("kind").items():
            alerts._evaluate(
                rules.filtered(lambda rule, kind=kind: rule.kind == kind),
                records=rows.mapped("res_id"),
            )
        if self.env.context.get("med_alert_night"):
            self.again = True
        else:
            self.unlink()

    @api.model
    def _take(self):
        """The oldest rows that no other process has taken."""
        night = self._is_night()
        rows = self.search([("again", "=", False)] if night else [], limit=BATCH)
        return rows.try_lock_for_update().with_context(med_alert_night=night)
