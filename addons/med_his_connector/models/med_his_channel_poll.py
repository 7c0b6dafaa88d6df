import logging
from datetime import timedelta

from odoo import api, fields, models

_logger = logging.getLogger(__name__)

#: Kinds of channels that are looked at, rather than knocked on.
POLLED = ("folder", "view")


class MedHisChannelPoll(models.Model):
    """Channels where we go and look: how often, and what hindered us last."""

    _inherit = "med.his.channel"

    poll_minutes = fields.Integer(
        string="Look Every (minutes)", default=1, required=True, tracking=True
    )
    looked_at = fields.Datetime(string="Last Look", readonly=True, copy=False)
    look_problem = fields.Char(
        string="Problem",
        readonly=True,
        copy=False,
        help="What hindered the last look; it is tried again by itself.",
    )

    _poll_positive = models.Constraint(
        "CHECK(poll_minutes > 0)", "Look every minute or less often."
    )

    def action_look(self):
        """Look now, by the job, which commits as it goes."""
        self.check_access("write")
        for channel in self:
            channel.looked_at = False
        # The job belongs to the system, whoever has work for it.
        self.env.ref("med_his_connector.ir_cron_poll").sudo()._trigger()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": self.env._("Looking now; the figures follow in a moment."),
                "type": "info",
            },
        }

    @api.model
    def _cron_poll(self):
        """Look at each channel that is due; one that fails does not hinder the rest."""
        cron = self.env["ir.cron"]
        due = self.search([("transport", "in", POLLED)]).filtered(
            lambda channel: channel._is_due()
        )
        cron._commit_progress(remaining=len(due))
        for channel in due:
            channel._look_and_note(self._commit)
            cron._commit_progress(1)

    def _is_due(self):
        self.ensure_one()
        last, now = self.looked_at, fields.Datetime.now()
        # A clock that was put back must not stop the looking.
        return not last or not (
            last <= now < last + timedelta(minutes=self.poll_minutes)
        )

    def _look_and_note(self, commit):
        """Look, and write down when, and what was in the way."""
        self.ensure_one()
        if not self.try_lock_for_update():
            return  # another worker is there
        try:
            problem = self._look(commit)
        except Exception as error:  # noqa: BLE001  one channel must not stop others
            # What it says may quote what was read.
            _logger.error(
                "channel %s: looking failed: %s", self.code, type(error).__name__
            )
            self.env.cr.rollback()
            problem = type(error).__name__
        self.write(
            {"looked_at": fields.Datetime.now(), "look_problem": problem or False}
        )
        commit()

    def _look(self, commit):
        """Take what is there, committing as it goes; '' or what is in the way."""
        looks = {"folder": self._look_into_folder, "view": self._look_into_view}
        return looks[self.transport](commit)

    @api.model
    def _commit(self):
        # A batch of a job: what is taken stays taken, whatever comes after.
        self.env.cr.commit()  # pylint: disable=invalid-commit
