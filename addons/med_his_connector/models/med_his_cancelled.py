from odoo import api, fields, models
from odoo.tools import SQL


class MedHisCancelled(models.Model):
    """Something that was cancelled while we had no record of it: a case, a test.

    A cancellation may be here before what it cancels: it came another way, or that one
    still waits for its code to be mapped. There is nothing to change yet, so it is
    remembered by its number; what was written before it is then taken up no more.
    """

    _name = "med.his.cancelled"
    _description = "Cancelled Before It Was Known"
    _log_access = False
    _rec_name = "key"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    source = fields.Char(required=True, readonly=True)
    key = fields.Char(
        string="Number", required=True, readonly=True, help="The sender's own of it."
    )
    version = fields.Char(
        required=True, readonly=True, help="When it was written: core/version.py."
    )
    message_id = fields.Many2one(
        "med.his.message",
        string="Message",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _key_uniq = models.Constraint(
        "unique(company_id, source, key)", "This is known to be cancelled."
    )

    @api.model
    def _remember(self, channel, message, versions):
        """``{key: version}`` of what this message cancels; the last one holds."""
        if not versions:
            return
        place = channel.company_id.id, channel._source()
        rows = [(*place, key, last, message.id) for key, last in versions.items()]
        self.env.cr.execute(
            SQL(
                "INSERT INTO med_his_cancelled"
                " (company_id, source, key, version, message_id) VALUES %s"
                " ON CONFLICT (company_id, source, key) DO UPDATE"
                " SET version = EXCLUDED.version, message_id = EXCLUDED.message_id"
                ' WHERE EXCLUDED.version > med_his_cancelled.version COLLATE "C"',
                SQL(", ").join(rows),
            )
        )
        self.invalidate_model()

    @api.model
    def _versions(self, channel, keys):
        """``{key: version}`` of those that are known to be cancelled."""
        found = self.search_fetch(
            [
                ("company_id", "=", channel.company_id.id),
                ("source", "=", channel._source()),
                ("key", "in", list(keys)),
            ],
            ["key", "version"],
        )
        return {each.key: each.version for each in found}
