from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain

from ..core.kind import Look


class MedAlert(models.Model):
    """The engine: opens, worsens, eases and ends alerts.

    It runs as superuser, for all subjects at night and for those that a posting or
    transfer touched right after it. Two runs at once are harmless: the database holds
    one open alert per rule and subject, and who comes second leaves it to the first.
    """

    _inherit = "med.alert"

    @api.model
    def _evaluate(self, rules=None, subjects=None, records=None, since=None, at=None):
        """Measure the subjects and let the alerts follow; returns the opened ones.

        ``rules`` is a recordset, all active rules when None. ``subjects`` are pairs
        (product id, location id), ``records`` ids of what a paper kind watches;
        everything when both are None. Alerts that were checked after ``since`` are
        left alone: another run has newer figures of them. People are called now, or at
        the moment ``at``.
        """
        if rules is None:
            rules = self.env["med.alert.rule"].search(Domain.TRUE)
        look = self._look(subjects, records)
        self._flush_for_engine()
        opened, calls = [], defaultdict(list)
        engine = self.browse()._knowing_stores()
        for rule in rules:
            opened += engine._settle(rule, rule._find(look), look, calls, since)
        engine._call_heads(look, calls, at)
        return self.browse([alert.id for alert in opened])

    @api.model
    def _call_heads(self, look, calls, at=None):
        """Call people about what was found: ``calls`` is ``{reason: [alert]}``.

        Only once all rules have had their say is it known which alert speaks for a
        shelf. A call at the moment ``at`` is kept in the alert, so that it is made
        also where this process does not live to see it.
        """
        for reason, alerts in calls.items():
            if at:
                loud = self.union(*alerts).filtered(
                    lambda alert: not (alert.head_id or alert.level_id.board_only)
                )
                loud.write({"call_at": at, "call_reason": reason})
        if at:
            return
        freed = self._gather(look) if look.records is None else self.browse()
        for reason, alerts in calls.items():
            asked = self.union(*alerts)
            freed -= asked
            asked.filtered(lambda alert: not alert.head_id)._call(reason)
        freed._take_over()

    @api.model
    def _look(self, subjects=None, records=None):
        if subjects is not None:
            subjects = frozenset(self._with_ancestors(subjects))
        if records is not None:
            records = frozenset(records)
        return Look(subjects, records)

    @api.model
    def _flush_for_engine(self):
        """Kinds read the database directly: let it see this transaction's writes."""
        self.env.flush_all()

    def _evaluate_again(self):
        """Measure the subjects of these alerts again."""
        for rule, alerts in self.grouped("rule_id").items():
            papers = alerts.filtered("subject_id")
            if papers:
                self._evaluate(rule, records=papers.mapped("subject_id"))
            stock = alerts - papers
            if stock:
                self._evaluate(
                    rule, {(each.product_id.id, each.location_id.id) for each in stock}
                )

    @api.model
    def _with_ancestors(self, subjects):
        """``subjects`` and the same products in every location above theirs.

        Stock on a shelf counts for the reorder rule of the store around it.
        """
        locations = self.env["stock.location"].browse({place for _, place in subjects})
        above = {
            location.id: [int(part) for part in location.parent_path.split("/") if part]
            for location in locations.exists()
        }
        return {
            (product, ancestor)
            for product, place in subjects
            for ancestor in above.get(place, (place,))
        }
