from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

#: So long the history of a rule is kept; what holds, and what was refused last, stays.
KEPT = timedelta(days=730)
#: Old proposals that are deleted in one go.
PURGED = 10_000


class MedReorderProposal(models.Model):
    """What is news to a planner, what was decided before, and how long it is kept."""

    _inherit = "med.reorder.proposal"

    _published_idx = models.Index(
        "(orderpoint_id, published_at DESC, id DESC) WHERE state = 'published'"
    )
    _refused_idx = models.Index(
        "(orderpoint_id, id DESC) WHERE rejection = 'planner'"
        " AND state IN ('rejected', 'rolled_back')"
    )

    @api.model
    def _replace_undecided(self, orderpoints, values):
        """Propose what is news among ``values``, in place of what nobody has decided.

        A problem that is still there is left as it is, with what was said about it.
        """
        undecided = self.search(
            [("orderpoint_id", "in", orderpoints.ids), ("state", "=", "proposed")]
        )
        problems = {p.orderpoint_id.id: p for p in undecided if p.problem}
        decided = self._decided_otherwise(orderpoints)
        refused = self._rejected_last(orderpoints)
        still, news = self.browse(), []
        for vals in values:
            id_ = vals["orderpoint_id"]
            if id_ in decided or not self._is_news(vals, refused.get(id_)):
                continue
            before = problems.get(id_, self.browse())
            if vals["problem"] and before.problem == vals["problem"]:
                still |= before
            else:
                news.append(vals)
        (undecided - still).unlink()
        return still | self.create(news)

    @api.model
    def _decided_otherwise(self, orderpoints):
        """Ids of rules that are locked, or whose approved levels are not published."""
        waiting = self.search_fetch(
            [("orderpoint_id", "in", orderpoints.ids), ("state", "=", "approved")],
            ["orderpoint_id"],
        )
        return {*waiting.orderpoint_id.ids, *orderpoints.filtered("med_locked").ids}

    @api.model
    def _is_news(self, vals, refused):
        """Whether there is something to decide, or a problem to mend.

        ``refused`` is what the planner did not want last, or None.
        """
        if vals["problem"]:
            return not refused or refused.problem != vals["problem"]
        if not self._differs(vals, vals["current_min"], vals["current_max"]):
            return False
        return (
            not refused
            or bool(refused.problem)
            or self._differs(vals, refused.reorder_point, refused.order_up_to)
        )

    @api.model
    def _differs(self, vals, low, top):
        """Whether proposed levels are worth a look beside ``low`` and ``top``.

        A change up to the smallest one of the settings is none, nor one up to a unit,
        or of the maximum up to half a pack, as whole packs are ordered anyway. Small
        steps add up: what holds stays what is compared with. More of a vital item is
        always told, and so is anything where the smallest change is zero.
        """
        rule = self.env["stock.warehouse.orderpoint"].browse(vals["orderpoint_id"])
        uom = rule.product_uom
        share = rule.company_id.med_smallest_change
        vital = rule.product_id.med_ved == "V"
        for new, old, least in (
            (vals["reorder_point"], low, 1.0),
            (vals["order_up_to"], top, max(vals["pack"] / 2, 1.0)),
        ):
            if uom.compare(new, old) == 0:
                continue
            always = not share or not old or (vital and new > old)
            if always or abs(new - old) > max(share * old, least):
                return True
        return False

    @api.model
    def _published_last(self, orderpoints):
        """The proposal that holds: ``{orderpoint id: proposal}``."""
        return self._last_of(
            orderpoints,
            SQL("state = 'published'"),
            SQL("orderpoint_id, published_at DESC, id DESC"),
        )

    @api.model
    def _rejected_last(self, orderpoints):
        """What planners did not want: ``{orderpoint id: proposal}``."""
        return self._last_of(
            orderpoints,
            SQL("rejection = 'planner' AND state IN ('rejected', 'rolled_back')"),
            SQL("orderpoint_id, id DESC"),
        )

    @api.model
    def _last_of(self, orderpoints, those, order):
        """By index, however long the history is: one row a rule."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT ON (orderpoint_id) orderpoint_id, id
                     FROM med_reorder_proposal
                    WHERE orderpoint_id = ANY(%s) AND %s
                 ORDER BY %s""",
                orderpoints.ids,
                those,
                order,
            )
        )
        # Together, so that their fields are read at once.
        found = self.browse(id_ for _rule, id_ in rows)
        return dict(zip((rule for rule, _id in rows), found, strict=True))

    @api.autovacuum
    def _gc_history(self):
        """Forget decisions of years ago, except for the last ones of each rule."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT old.id FROM med_reorder_proposal old
                    WHERE old.write_date < %s
                      AND old.state IN ('published', 'rejected', 'rolled_back')
                      AND EXISTS (
                          SELECT FROM med_reorder_proposal later
                           WHERE later.orderpoint_id = old.orderpoint_id
                             AND later.state = old.state AND later.id > old.id
                      )
                    LIMIT %s""",
                fields.Datetime.now() - KEPT,
                PURGED,
            )
        )
        self.browse(id_ for (id_,) in rows).unlink()
        return len(rows), len(rows) == PURGED


class MedDemandDay(models.Model):
    _inherit = "med.demand.day"

    @api.autovacuum
    def _gc_days(self):
        """Forget days that nothing reads any more: it can be made from the ledger.

        A night without stock is told for two years; demand is kept for three.
        """
        today = fields.Date.today()
        self.env.cr.execute(
            SQL(
                """DELETE FROM med_demand_day
                    WHERE id IN (
                        SELECT id FROM med_demand_day
                         WHERE date < %(long)s
                            OR (date < %(short)s AND used = 0 AND dependent = 0
                                AND unserved = 0 AND credited = 0)
                         LIMIT %(most)s
                    )""",
                long=today - timedelta(days=3 * 366),
                short=today - timedelta(days=2 * 366 + 14),
                most=10 * PURGED,
            )
        )
        self.invalidate_model()
        return self.env.cr.rowcount, self.env.cr.rowcount == 10 * PURGED
