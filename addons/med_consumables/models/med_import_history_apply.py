from odoo import api, models

from .med_import_history import SOURCE, UNDONE

UNDO_BATCH = 1_000


class MedImportHistory(models.AbstractModel):
    """What was planned is recorded; and how it is taken back."""

    _inherit = "med.import.history"

    @api.model
    def _apply(self, run, plans):
        job = run["job"]
        todo = [plan for plan in plans if plan.action == "create"]
        with_line = [plan for plan in todo if plan.values]
        # Nobody writes the ledger by hand: an import is the door to it, for people
        # whom action_import has let in.
        ledger = self.env["med.consumption"].sudo()
        lines = ledger._record(
            [{**plan.values, "import_id": job.id} for plan in with_line]
        )
        line_of = dict(zip((plan.row for plan in with_line), lines.ids, strict=True))
        self.env["med.history"].sudo().create(
            [
                {**plan.more, "consumption_id": line_of.get(plan.row)}
                for plan in todo
                if plan.more
            ]
        )
        return plans

    @api.model
    def _undo(self, job):
        """Take back in the ledger's way: by lines that point at the wrong ones.

        A ledger line is never deleted. A use is given back on its own day, a return is
        used again, so that the demand of every day is what it was before.
        """
        # On behalf of whoever _check_may_import let in, as when it was recorded.
        lines = self.env["med.consumption"].sudo().search([("import_id", "=", job.id)])
        for start in range(0, len(lines), UNDO_BATCH):
            batch = lines[start : start + UNDO_BATCH]
            lines._record([self._counter_line(line) for line in batch])
        self.env["med.history"].sudo().search([("import_id", "=", job.id)]).unlink()

    @api.model
    def _counter_line(self, line):
        return {
            "department_id": line.department_id.id,
            "product_id": line.product_id.id,
            "quantity": line.quantity,
            "kind": "use" if line.kind == "return" else "return",
            "event_time": line.event_time,
            "source": SOURCE,
            "external_key": f"{line.external_key}{UNDONE}",
            "reversal_of_id": line.kind != "return" and line.id,
            "lot_name": line.lot_name,
            "serial": line.serial,
            "historical": True,
            "note": self.env._("Import undone"),
        }

    @api.model
    def _result_action(self, job):
        """Ledger lines where there are any, else the history of the store."""
        domain = [("import_id", "=", job.id)]
        in_ledger = self.env["med.consumption"].search_count(domain, limit=1)
        name = "med_consumption_action" if in_ledger else "med_history_action"
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"med_consumables.{name}"
        )
        action["domain"] = domain
        action["context"] = {}
        return action
