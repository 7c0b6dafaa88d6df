from odoo import api, fields, models
from odoo.tools import SQL


class MedLedgerMark(models.Model):
    """How far the ledger reached when the sealing job looked last: one row.

    A parameter of the system would do, but changing one empties the caches of every
    worker, and this changes every few minutes.
    """

    _name = "med.ledger.mark"
    _description = "Mark of the Sealing Job"
    _log_access = False

    last_line = fields.Integer(readonly=True)
    # Transactions are counted past what an Integer holds.
    next_transaction = fields.Char(readonly=True)

    @api.model
    def _get(self):
        """(newest line, first transaction after it) of the run before, or (0, 0)."""
        mark = self.search([], limit=1)
        return mark.last_line, int(mark.next_transaction or 0)

    @api.model
    def _set(self, last_line, next_transaction):
        values = {"last_line": last_line, "next_transaction": str(next_transaction)}
        if mark := self.search([], limit=1):
            mark.write(values)
        else:
            self.create(values)


class MedLedgerSeal(models.Model):
    _inherit = "med.ledger.seal"

    @api.model
    def _unsealed(self, company):
        """(lines that no seal covers yet, when the oldest of them was written)."""
        self.env["med.consumption"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT count(*), min(create_date) FROM med_consumption "
                " WHERE company_id = %s AND id > COALESCE((SELECT max(to_id) "
                "  FROM med_ledger_seal WHERE company_id = %s), 0)",
                company.id,
                company.id,
            )
        )
        return rows[0]

    def _unsealed_text(self, company):
        """What an auditor should know of the newest lines; nothing where all are."""
        count, oldest = self._unsealed(company)
        if not count:
            return ""
        minutes = (fields.Datetime.now() - oldest).total_seconds() / 60
        return self.env._(
            "%(count)s lines of the last %(minutes)d minutes wait for their seal.",
            count=count,
            minutes=max(minutes, 1),
        )
