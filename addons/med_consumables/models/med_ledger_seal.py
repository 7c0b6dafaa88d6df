from base64 import b64decode, b64encode

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..core.ledger_chain import GENESIS, Break, Seal, canonical, first_break, seal
from .med_consumption import REPORTED

#: Lines in one seal: what can be hashed within a second.
BATCH = 20000
#: Who wrote a line and when belong to what was reported.
WRITTEN = ("id", "create_uid", "create_date")


class MedLedgerSeal(models.Model):
    """One sealed batch of the ledger: its hash covers the lines and the seal before.

    Lines are sealed by a job, in the order of their ids, up to a watermark below which
    no open transaction can still add a line. A seal is never changed or deleted.
    """

    _name = "med.ledger.seal"
    _description = "Ledger Seal"
    _order = "company_id, number desc"
    _rec_name = "number"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    number = fields.Integer(required=True, readonly=True)
    from_id = fields.Integer(string="From Line", required=True, readonly=True)
    to_id = fields.Integer(string="To Line", required=True, readonly=True)
    line_count = fields.Integer(string="Lines", required=True, readonly=True)
    field_names = fields.Char(
        required=True, readonly=True, help="What of each line is sealed, in this order."
    )
    previous_hash = fields.Char(required=True, readonly=True)
    hash = fields.Char(
        required=True,
        readonly=True,
        help="SHA-256 over the seal before and all lines of this one. Kept on paper, "
        "it proves that nothing up to here was changed.",
    )
    manifest = fields.Binary(
        required=True,
        readonly=True,
        attachment=False,
        help="A digest of each line, to name the one that was changed.",
    )

    _number_uniq = models.Constraint(
        "unique(company_id, number)", "The ledger has a seal of this number already."
    )

    @api.depends("number", "company_id")
    def _compute_display_name(self):
        for record in self:
            record.display_name = f"{record.company_id.name} #{record.number}"

    def write(self, vals):
        raise UserError(self.env._("A seal of the ledger is never changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A seal of the ledger is never deleted."))

    # ---- sealing -------------------------------------------------------------------

    @api.model
    def _cron_seal(self):
        """Seal what the run before saw, once nothing can be added below it any more."""
        marks = self.env["med.ledger.mark"].sudo()  # the job's own note
        lowest_open, next_transaction, last_id = self._snapshot()
        marked_line, marked_transaction = marks._get()
        if marked_transaction and marked_transaction <= lowest_open:
            self._seal_until(marked_line)
        elif marked_transaction and marked_transaction <= next_transaction:
            return  # a transaction of that time is still at work: wait for it
        marks._set(last_id, next_transaction)

    @api.model
    def _snapshot(self):
        """(oldest transaction at work, the next one to begin, the newest line)."""
        self.env["med.consumption"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT pg_snapshot_xmin(now_seen)::text::bigint, "
                "       pg_snapshot_xmax(now_seen)::text::bigint, "
                "       (SELECT COALESCE(MAX(id), 0) FROM med_consumption) "
                "  FROM pg_current_snapshot() AS now_seen"
            )
        )
        return rows[0]

    @api.model
    def _seal_until(self, last_id):
        """Seal the lines of all companies up to this id; returns the new seals."""
        seals = self.browse()
        for company in self._companies():
            while made := self._seal_batch(company, last_id):
                seals |= made
        return seals

    @api.model
    def _seal_batch(self, company, last_id):
        before = self.search(
            [("company_id", "=", company.id)], order="number desc", limit=1
        )
        names = (*WRITTEN, *REPORTED)
        lines = self._lines(company, names, before.to_id + 1, last_id, BATCH)
        if not lines:
            return self.browse()
        previous = before.hash or GENESIS
        sealed = seal(previous, lines)
        return self.create(
            {
                "company_id": company.id,
                "number": before.number + 1,
                "from_id": before.to_id + 1,
                # The last batch reaches to the watermark: nothing is added below it.
                "to_id": lines[-1][0] if len(lines) == BATCH else last_id,
                "line_count": sealed.count,
                "field_names": ",".join(names),
                "previous_hash": previous,
                "hash": sealed.hash,
                "manifest": b64encode(sealed.manifest),
            }
        )

    @api.model
    def _lines(self, company, names, from_id, to_id, limit=None):
        """(id, canonical text) as the table has them, past every cache."""
        self.env["med.consumption"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT %s FROM med_consumption "
                "WHERE company_id = %s AND id BETWEEN %s AND %s ORDER BY id%s",
                SQL(", ").join(SQL.identifier(name) for name in names),
                company.id,
                from_id,
                to_id,
                SQL(" LIMIT %s", limit) if limit else SQL(),
            )
        )
        return [(row[0], canonical(row)) for row in rows]

    # ---- verifying -----------------------------------------------------------------

    def action_verify(self):
        """Verify the ledger of the companies in use; says what is wrong first."""
        self.browse().check_access("read")
        faults, count = [], 0
        for company in self.env.companies:
            # The whole chain counts, whatever this person's rules show of it.
            seals = self.sudo()._chain(company)
            count += sum(seals.mapped("line_count"))
            if fault := seals._first_fault():
                faults.append(seals._explain(company, *fault))
        message = "\n".join(faults) or self.env._(
            "The ledger is as it was sealed: %(count)s lines.", count=count
        )
        waiting = map(self.sudo()._unsealed_text, self.env.companies)
        message = "\n".join(filter(None, (message, *waiting)))
        self.env["med.audit.entry"]._log_event(
            "verify", self.env._("Consumption ledger"), message
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if faults else "success",
                "message": message,
                "sticky": bool(faults),
            },
        }

    @api.model
    def _verify_all(self, say, wanted=None):
        """Verify every company, for the command line; returns its exit status."""
        status = 0
        for company in self._companies():
            seals = self._chain(company)
            if fault := seals._first_fault():
                status = 1
                say(seals._explain(company, *fault))
                continue
            say(
                f"{company.name}: {sum(seals.mapped('line_count'))} lines in "
                f"{len(seals)} seals are as they were sealed; "
                f"last hash {seals[-1:].hash or GENESIS}"
            )
            if waiting := self._unsealed_text(company):
                say(f"{company.name}: {waiting}")
        if wanted and not self.search_count([("hash", "=", wanted)], limit=1):
            status = status or 2
            say(f"The hash {wanted} is not among the seals.")
        return status

    @api.model
    def _companies(self):
        return self.env["res.company"].search([("id", "!=", False)], order="id")

    @api.model
    def _chain(self, company):
        return self.search([("company_id", "=", company.id)], order="number")

    def _first_fault(self):
        """(seal, Break) of the first thing that is wrong with this chain, or None."""
        previous, next_id = GENESIS, 1
        for position, record in enumerate(self, start=1):
            unbroken = (
                record.number == position
                and record.previous_hash == previous
                and record.from_id == next_id
            )
            if not unbroken:
                return record, Break("chain")
            lines = self._lines(
                record.company_id,
                record.field_names.split(","),
                record.from_id,
                record.to_id,
            )
            manifest = b64decode(record.with_context(bin_size=False).manifest)
            kept = Seal(record.hash, record.line_count, manifest)
            if fault := first_break(kept, previous, lines):
                return record, fault
            previous, next_id = record.hash, record.to_id + 1
            record.invalidate_recordset(["manifest"], flush=False)  # megabytes each
        return None

    def _explain(self, company, record, fault):
        values = {
            "line": fault.line,
            "seal": record.number,
            "company": company.name,
            "sealed": fields.Datetime.context_timestamp(
                record, record.create_date
            ).strftime("%Y-%m-%d %H:%M"),
        }
        texts = {
            "changed": self.env._(
                "%(company)s: line %(line)s of the ledger was changed after it was "
                "sealed on %(sealed)s (seal %(seal)s)."
            ),
            "removed": self.env._(
                "%(company)s: line %(line)s of the ledger was removed after it was "
                "sealed on %(sealed)s (seal %(seal)s)."
            ),
            "inserted": self.env._(
                "%(company)s: line %(line)s was put into the ledger after its place "
                "was sealed on %(sealed)s (seal %(seal)s)."
            ),
            "seal": self.env._(
                "%(company)s: seal %(seal)s of %(sealed)s was changed; its lines agree "
                "with their digests."
            ),
            "chain": self.env._(
                "%(company)s: seal %(seal)s does not follow the seal before it; a seal "
                "was removed or changed."
            ),
        }
        return texts[fault.what] % values
