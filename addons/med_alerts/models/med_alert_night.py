import logging
from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..core.schedule import is_due

_logger = logging.getLogger(__name__)
NEVER = datetime(1, 1, 1)
#: How often one step of the night is done again after somebody wrote the same alerts.
TRIES = 3
#: A nightly run that does not come to its end leaves its calls to others after this.
CALLED_WITHIN = timedelta(minutes=30)
BATCH = 500


class MedAlert(models.Model):
    """The nightly run: everything is checked, whatever moved or did not."""

    _inherit = "med.alert"

    @api.model
    def _cron_evaluate(self):
        """Every night: all rules that are due, each in a transaction of its own."""
        with self.env["med.alert.touch"]._night():
            self._evaluate_everything()

    @api.model
    def _evaluate_everything(self):
        """All rules that are due, those first that have waited longest.

        It does not stop when the job's time for one go is over: what is not checked
        would be begun anew with each go, and the last rules would never have their
        turn. A run that is killed has left fewer rules to the next one.
        """
        cron = self.env["ir.cron"]
        # An archived rule has no findings: its alerts end.
        every_rule = self.env["med.alert.rule"].with_context(active_test=False)
        now = fields.Datetime.now()
        rules = every_rule.search(Domain.TRUE).filtered(
            lambda rule: (
                rule.every_days == 1 or is_due(rule.last_run_at, now, rule.every_days)
            )
        )
        rules = rules.sorted(lambda rule: rule.last_run_at or NEVER)
        cron._commit_progress(remaining=len(rules))
        with rules._stock_at_hand() as at_hand:
            cron._commit_progress()  # what is at hand stays so where a rule is undone
            for rule in at_hand:
                if not self._step(lambda rule=rule: self._evaluate_nightly(rule, now)):
                    # It is first in the next night; what moves is looked at by day.
                    _logger.warning("alert rule %s lost every race tonight", rule.id)
                cron._commit_progress(1)
        self._call_after_the_night(now)

    @api.model
    def _step(self, act):
        """Do ``act`` and commit it, some times where others write the same alerts.

        What moves by day is looked at while the night goes on. Returns whether it was
        done.
        """
        for _try in range(TRIES):
            try:
                act()
                self.env["ir.cron"]._commit_progress()
                return True
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()
        return False

    @api.model
    def _evaluate_nightly(self, rule, since):
        """Check everything by ``rule``."""
        self._evaluate(rule, since=since, at=since + CALLED_WITHIN)
        rule.with_context(mail_notrack=True).last_run_at = since

    @api.model
    def _call_after_the_night(self, since):
        """All rules have had their say: call people about the heads, in batches.

        Where this does not come to its end, the job that calls who is due does it.
        """
        self._step(lambda: self._gather()._take_over())
        due = Domain("state", "!=", "resolved") & Domain(
            "call_at", "=", since + CALLED_WITHIN
        )
        while self.search_count(due, limit=1):
            if not self._step(lambda: self.search(due, limit=BATCH)._call_due()):
                break
