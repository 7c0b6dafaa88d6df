import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)

#: How often in one run a batch may lose a race before the job is reported as failed.
COLLISIONS = 5


class MedConsumption(models.Model):
    """Posting: from lines of the ledger to done and valued stock moves.

    Per department and batch one transfer for use and one for returns; in it one move a
    product and day, lots on its move lines. So stock_move stays small, and valuation,
    traceability and demand see everything natively.

    A batch covers many departments: what is read, locked and written for it is read,
    locked and written once. One line that cannot be posted never holds up the others.
    """

    _inherit = "med.consumption"

    def _trigger_posting(self):
        """Have these lines posted when they are due: now, or at the full hour."""
        if not self:
            return
        cron = self.env.ref("med_consumables.ir_cron_post_consumption")
        if self._is_any_due_at_once():
            cron._trigger()
        else:
            cron._trigger(self._full_hour() + timedelta(hours=1))

    def _is_any_due_at_once(self):
        if "at_once" in self.company_id.mapped("med_posting"):
            return True
        # Whoever reports need not read items.
        items = self.product_id.sudo().product_tmpl_id
        items.fetch(["med_value_class", "med_implant"])
        return any(item.med_implant or item.med_value_class == "high" for item in items)

    @api.model
    def _full_hour(self):
        return fields.Datetime.now().replace(minute=0, second=0, microsecond=0)

    @api.model
    def _cron_post(self):
        domain = self._due_domain() & Domain("state", "=", "recorded")
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self.search_count(domain))
        collisions = 0
        while True:
            try:
                lines = self._post_pending(domain)
                left = cron._commit_progress(len(lines))
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                # Somebody moved the same stock meanwhile: nothing was posted, so the
                # batch is tried again on what stands now.
                self.env.cr.rollback()
                collisions += 1
                if collisions > COLLISIONS:
                    raise
                continue
            if not lines or not left:
                break

    @api.model
    def _due_domain(self):
        """Lines whose time to be posted has come, by the policy of their company."""
        return (
            Domain("company_id.med_posting", "=", "at_once")
            | Domain("product_id.med_value_class", "=", "high")
            | Domain("product_id.med_implant", "=", True)
            | Domain("create_date", "<", self._full_hour())
        )

    @api.model
    def _post_pending(self, domain=None, limit=1000):
        """Post recorded lines to stock; returns the lines handled.

        Department by department, and in each the oldest first: so a batch of a backlog
        is few shelves with many lines, which come together in few moves. A handled line
        is posted or an incident. Departments that another process is posting at this
        moment are left to it.
        """
        wanted = Domain("state", "=", "recorded") & Domain(domain or Domain.TRUE)
        todo = self._next_lines(wanted, limit)
        todo = todo.try_lock_for_update().filtered_domain([("state", "=", "recorded")])
        todo._before_post()
        moves = self.env["stock.move"]
        still = todo.filtered(lambda line: line.state == "recorded")
        for company, lines in still.grouped("company_id").items():
            moves |= lines.with_company(company)._post_batch()
        if moves:
            self._after_post(moves)
        return todo

    def _next_lines(self, wanted, limit):
        """The next lines of departments that nobody else is posting, which are locked.

        What is next may all be somebody else's: then look behind it.
        """
        while True:
            todo = self.search(
                wanted, order="department_id.id, event_time, id", limit=limit
            )
            free = todo.department_id.try_lock_for_update(allow_referencing=True)
            mine = todo.filtered(lambda line, free=free: line.department_id in free)
            if mine or not todo:
                # Two departments may take from one shelf: what came first goes first.
                return mine.sorted(lambda line: (line.event_time, line.id))
            wanted &= Domain("department_id", "not in", todo.department_id.ids)

    def _before_post(self):
        """Extension point: these locked lines are posted next, if still recorded."""

    @api.model
    def _after_post(self, moves):
        """Extension point: ``moves`` were just done, in this same transaction."""

    def _post_batch(self):
        """Post the lines of one company; where that fails, narrow down to the culprit.

        Returns the done moves. A line that cannot be posted becomes an incident, and
        the others are posted without it.
        """
        try:
            with self.env.cr.savepoint():
                return self._post_uses() | self._post_returns()
        except OperationalError:
            raise  # lost a race or the connection: the whole batch is tried again
        except Exception as error:
            if len(self) == 1:
                # The kind of the failure, for operators; the person reads the line.
                _logger.warning(
                    "consumption %s cannot be posted", self.id, exc_info=True
                )
                text = str(error) if isinstance(error, UserError) else repr(error)
                self._set_incident("error", error=text)
            moves = self.env["stock.move"]
            for part in self._narrowed():
                moves |= part._post_batch()
            return moves

    def _narrowed(self):
        """The parts of a batch that failed: by shelf, by product, line by line."""
        for part in ("location_id", "product_id", "id"):
            parts = self.grouped(part)
            if len(parts) > 1:
                return list(parts.values())
        return []
