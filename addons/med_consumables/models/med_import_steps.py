from odoo import models
from odoo.exceptions import UserError

from ..core.sheet import SheetRefused
from .med_import import NOTHING_FOUND

#: Up to so many rows are imported at once, in one transaction: all or nothing.
AT_ONCE_ROWS = 500
#: Larger files are looked through by the job.
AT_ONCE_BYTES = 1_000_000


class MedImport(models.Model):
    """What a person does with a file: check, import, stop, go on, undo, look."""

    _inherit = "med.import"

    def action_template(self):
        """Download an empty table with the headers of this kind of file."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/med_consumables/import_template/{self.kind}",
            "target": "download",
        }

    def action_check(self):
        """Look through the file and list every fault; nothing else is written."""
        self.ensure_one()
        self._check_has_file()
        self.fault_ids.unlink()
        self._note({**NOTHING_FOUND, "state": "checking"})
        try:
            self._find_columns()
            if self.file_size > AT_ONCE_BYTES:
                self._leave_to_job()
            else:
                for _batch in self._work():
                    pass
        except SheetRefused as refused:
            self._refuse(refused)
        return True

    def action_import(self):
        """Do what the check said; large files are left to the job."""
        self.ensure_one()
        if self.state != "checked":
            raise UserError(self.env._("Check the file first; then import it."))
        self._check_has_file()
        self._check_may_import()
        if self.rows_faulty and not self.skip_faulty:
            raise UserError(
                self.env._(
                    "%(rows)s rows have faults. Mend them in the file and upload it "
                    "again, or tick “Import the Rows without Faults”.",
                    rows=self.rows_faulty,
                )
            )
        self._note({"state": "importing", "rows_done": 0, "row_reached": 0})
        if self.rows_total > AT_ONCE_ROWS:
            self._leave_to_job()
            return True
        for _batch in self._work():
            pass
        return True

    def action_stop(self):
        """Stop the job after the rows it is at; nothing that it did is lost."""
        self.ensure_one()
        if self.state == "checking":
            self._note({"state": "draft"})
        elif self.state == "importing":
            self._note({"state": "stopped"})
        return True

    def action_go_on(self):
        """Import the rows that are left, from where it was stopped."""
        self.ensure_one()
        if self.state != "stopped":
            raise UserError(self.env._("This import was not stopped."))
        self._check_has_file()
        self._check_may_import()
        self._note({"state": "importing"})
        self._leave_to_job()
        return True

    def action_undo(self):
        """Take back what this import did, where nothing stands on it yet."""
        self.ensure_one()
        if self.state not in ("done", "stopped"):
            raise UserError(
                self.env._("Only an import that is finished or stopped can be undone.")
            )
        self._check_may_import()
        self._planner()._undo(self)
        self._note({"state": "undone"})
        return True

    def action_view_faults(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_import_fault_action"
        )
        action["domain"] = [("import_id", "=", self.id)]
        return action

    def action_view_result(self):
        """What this import has made or changed."""
        self.ensure_one()
        return self._planner()._result_action(self)

    def _check_has_file(self):
        if not self.sudo().file:  # whether there is one, not what it holds
            raise UserError(
                self.env._("There is no file (any more). Upload it, then check it.")
            )

    def _check_may_import(self):
        if not self.may_import:
            raise UserError(self.why_not)
