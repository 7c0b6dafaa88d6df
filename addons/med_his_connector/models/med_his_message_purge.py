from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

BATCH = 5000
#: A FHIR Device is named by others at any time, and says nothing of a patient: its
#: content stays.
DEVICE = "Device"


class MedHisMessagePurge(models.Model):
    """Contents are removed when their time is over; hash, keys and outcome stay.

    Settled messages lose their content: never one that waits, is parked or is an
    exception, for those must still be read. Dead letters and what was put aside keep it
    much longer, but not for good: a person had months to look at them. A duplicate of a
    purged message is known by its key and hash, and gets the same answer.
    """

    _inherit = "med.his.message"

    purged_at = fields.Datetime(string="Content Removed", readonly=True)

    _purge_idx = models.Index(
        "(channel_id, received_at)"
        " WHERE purged_at IS NULL AND state IN ('processed', 'ignored')"
        " AND message_type IS DISTINCT FROM 'Device'"
    )
    _purge_refused_idx = models.Index(
        "(channel_id, received_at)"
        " WHERE purged_at IS NULL AND state IN ('dead', 'quarantined')"
        " AND message_type IS DISTINCT FROM 'Device'"
    )

    @api.model
    def _cron_purge(self):
        cron = self.env["ir.cron"]
        channels = self.env["med.his.channel"].with_context(active_test=False)
        for channel in channels.search([("id", "!=", False)]):
            for purge in (self._purge, self._purge_refused):
                removed, left = 0, True
                while left and (count := purge(channel)):
                    removed += count
                    left = cron._commit_progress(count, remaining=1)
                if removed:
                    self._log_purge(channel, removed, purge == self._purge_refused)
                if not left:
                    return  # the time is over: the job comes back for the rest
        cron._commit_progress(remaining=0)

    @api.model
    def _purge(self, channel, limit=BATCH):
        """Remove the oldest contents of a channel that are due; how many they were."""
        states = SQL("state IN ('processed', 'ignored')")
        return self._remove(channel, channel.retention_days, states, limit)

    @api.model
    def _purge_refused(self, channel, limit=BATCH):
        """The same for what nobody mended."""
        states = SQL("state IN ('dead', 'quarantined')")
        return self._remove(channel, channel.refused_days, states, limit)

    @api.model
    def _remove(self, channel, days, states, limit):
        due = fields.Datetime.now() - timedelta(days=days)
        self.flush_model(["state", "received_at", "raw", "purged_at"])
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE med_his_message SET raw = NULL, purged_at = %s
                 WHERE id = ANY(ARRAY(SELECT id FROM med_his_message
                                       WHERE channel_id = %s AND received_at < %s
                                         AND purged_at IS NULL
                                         AND %s
                                         AND message_type IS DISTINCT FROM %s
                                    ORDER BY received_at LIMIT %s
                                         FOR UPDATE SKIP LOCKED))
             RETURNING id
                """,
                fields.Datetime.now(),
                channel.id,
                due,
                states,
                DEVICE,
                limit,
            )
        )
        self.invalidate_model(["raw", "purged_at"])
        return len(rows)

    @api.model
    def _log_purge(self, channel, removed, refused=False):
        days = channel.refused_days if refused else channel.retention_days
        detail = f"older than {days} days"
        if refused:
            detail += ": dead letters and what was put aside"
        Event = self.env["med.his.event"]
        Event._log("purge", channel=channel, count=removed, detail=detail)
