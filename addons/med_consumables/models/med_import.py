from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import human_size

from ..core.sheet import SheetRefused

#: Up to so many rows are imported at once, in one transaction: all or nothing.
AT_ONCE_ROWS = 5_000
#: Larger files are looked through by the job.
AT_ONCE_BYTES = 1_000_000
KEPT_DAYS = 7
#: The job works on imports in one of these states.
WORK = ("checking", "importing")
#: Filled anew by every look at the file.
NOTHING_FOUND = {
    "rows_total": 0,
    "rows_done": 0,
    "row_reached": 0,
    "to_create": 0,
    "to_change": 0,
    "unchanged": 0,
    "rows_faulty": 0,
    "fault_count": 0,
    "warning_count": 0,
    "refusal_code": False,
    "refusal_data": False,
}


class MedImport(models.Model):
    """A file of the hospital on its way in: its item list, or its history.

        draft ──check──> checked ──import──> done ──undo──> undone
          ▲                 │        stop │   ▲     (or a sentence why not)
          │                 │             ▼   │ go on
          └── another file ─┘            stopped ──undo──> undone
        refused: the file cannot be read, or speaks of patients

    ``checking`` and ``importing`` stand for work of the job on large files; whoever
    waits may stop it. A check writes nothing but what it found. A file of up to 5,000
    rows is imported in one transaction; a larger one in batches, each committed with
    the row reached, so that it goes on where it was interrupted. Every row bears a key
    that stays the same: the same file twice changes nothing. The file itself is deleted
    after the import, at the latest after 7 days.
    """

    _name = "med.import"
    _description = "Import of Items and History"
    _inherit = ["mail.thread"]
    _order = "id desc"
    _rec_name = "filename"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    kind = fields.Selection(
        [("items", "Item list"), ("history", "History")],
        string="What It Holds",
        required=True,
        default="items",
        tracking=True,
    )
    file = fields.Binary(
        attachment=True,
        copy=False,
        groups="med_consumables.group_storekeeper,med_consumables.group_data_owner,"
        "med_consumables.group_administrator",
        help="xlsx or CSV. It is deleted after the import, at the latest after 7 days.",
    )
    filename = fields.Char(copy=False)
    file_size = fields.Integer(readonly=True, copy=False)
    file_until = fields.Datetime(
        string="Kept Until", readonly=True, copy=False, help="Then the file is deleted."
    )
    may_import = fields.Boolean(compute="_compute_may_import")
    why_not = fields.Char(
        compute="_compute_may_import",
        help="Why this person may check the file and not import it.",
    )
    lang = fields.Selection(
        selection="_selection_lang",
        string="Language of the Names",
        required=True,
        default=lambda self: self.env.lang or "en_US",
    )
    history_kind = fields.Selection(
        selection="_selection_history_kind",
        string="All Rows Are",
        help="For files without a column that says what a row is.",
    )
    issues_as_use = fields.Selection(
        [
            ("by_department", "Of departments that report no use of their own"),
            ("all", "Of all departments: there is no other record of use"),
            ("none", "Never"),
        ],
        string="Requisitions Count as Use",
        required=True,
        default="by_department",
        help="What a department drew from the store stands for what it used, where "
        "nothing tells its use itself. Beside charges it would count twice.",
    )
    make_categories = fields.Boolean(
        string="Make Missing Categories",
        help="Categories of the file that are not known are created.",
    )
    skip_faulty = fields.Boolean(
        string="Import the Rows without Faults",
        help="Faulty rows are left out; mend them and import the file again.",
    )

    state = fields.Selection(
        [
            ("draft", "New"),
            ("checking", "Being checked"),
            ("refused", "Refused"),
            ("checked", "Check done"),
            ("importing", "Being imported"),
            ("stopped", "Stopped"),
            ("done", "Imported"),
            ("undone", "Undone"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
    )
    header_row = fields.Integer(readonly=True, copy=False)
    rows_total = fields.Integer(string="Rows", readonly=True, copy=False)
    rows_done = fields.Integer(string="Rows Done", readonly=True, copy=False)
    row_reached = fields.Integer(readonly=True, copy=False)
    progress = fields.Float(compute="_compute_progress")
    to_create = fields.Integer(string="New", readonly=True, copy=False)
    to_change = fields.Integer(string="Changed", readonly=True, copy=False)
    unchanged = fields.Integer(readonly=True, copy=False)
    rows_faulty = fields.Integer(string="Faulty Rows", readonly=True, copy=False)
    fault_count = fields.Integer(string="Faults", readonly=True, copy=False)
    warning_count = fields.Integer(string="Remarks", readonly=True, copy=False)
    refusal_code = fields.Char(readonly=True, copy=False)
    refusal_data = fields.Json(readonly=True, copy=False)
    refusal = fields.Char(string="Why It Is Refused", compute="_compute_refusal")
    imported_at = fields.Datetime(readonly=True, copy=False)
    column_ids = fields.One2many("med.import.column", "import_id", copy=False)
    fault_ids = fields.One2many("med.import.fault", "import_id", copy=False)
    effect_ids = fields.One2many("med.import.effect", "import_id", copy=False)

    @api.depends("kind", "filename")
    @api.depends_context("lang")
    def _compute_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for job in self:
            job.name = f"{kinds.get(job.kind, '')} · {job.filename or '…'}"

    @api.depends("rows_total", "rows_done")
    def _compute_progress(self):
        for job in self:
            job.progress = 100 * job.rows_done / job.rows_total if job.rows_total else 0

    @api.depends("refusal_code", "refusal_data")
    @api.depends_context("lang")
    def _compute_refusal(self):
        for job in self:
            job.refusal = job.refusal_code and job._refusal_text(
                job.refusal_code, job.refusal_data or {}
            )

    @api.model
    def _selection_lang(self):
        return self.env["res.lang"].get_installed()

    @api.model
    def _selection_history_kind(self):
        return [
            ("use", self.env._("Use")),
            ("return", self.env._("Returns")),
            ("waste", self.env._("Waste and scrap")),
            ("requisition", self.env._("Requisitions (issued to departments)")),
            ("receipt", self.env._("Receipts from suppliers")),
        ]

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._with_new_file(vals) for vals in vals_list])

    def write(self, vals):
        if vals.get("file") and any(
            job.state in ("checking", "importing", "stopped", "done", "undone")
            for job in self
        ):
            raise UserError(
                self.env._(
                    "This import has begun with its file. Start a new import for "
                    "another file."
                )
            )
        return super().write(self._with_new_file(vals))

    @api.ondelete(at_uninstall=False)
    def _unlink_not_imported(self):
        if any(job.state in ("importing", "stopped", "done") for job in self):
            raise UserError(
                self.env._(
                    "An import that has written something stays as its record. "
                    "Undo it first."
                )
            )

    @api.model
    def _with_new_file(self, vals):
        if not vals.get("file"):
            return vals
        until = fields.Datetime.now() + timedelta(days=KEPT_DAYS)
        # The web client sends the size in words where it has no bytes.
        size = len(vals["file"]) * 3 // 4
        return {
            **vals,
            **NOTHING_FOUND,
            "state": "draft",
            "file_until": until,
            "file_size": size,
            "header_row": 0,
            "column_ids": [fields.Command.clear()],
            "fault_ids": [fields.Command.clear()],
        }

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
        self.write({**NOTHING_FOUND, "state": "checking"})
        try:
            self._find_columns()
            if self.file_size > AT_ONCE_BYTES:
                self.env.ref("med_consumables.ir_cron_import")._trigger()
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
        self.write({"state": "importing", "rows_done": 0, "row_reached": 0})
        if self.rows_total > AT_ONCE_ROWS:
            self.env.ref("med_consumables.ir_cron_import")._trigger()
            return True
        for _batch in self._work():
            pass
        return True

    def action_stop(self):
        """Stop the job after the rows it is at; nothing that it did is lost."""
        self.ensure_one()
        if self.state == "checking":
            self.state = "draft"
        elif self.state == "importing":
            self.state = "stopped"
        return True

    def action_go_on(self):
        """Import the rows that are left, from where it was stopped."""
        self.ensure_one()
        if self.state != "stopped":
            raise UserError(self.env._("This import was not stopped."))
        self._check_has_file()
        self._check_may_import()
        self.state = "importing"
        self.env.ref("med_consumables.ir_cron_import")._trigger()
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
        self.state = "undone"
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

    def _planner(self):
        """The model that knows what rows of this kind mean."""
        return self.env[f"med.import.{self.kind}"]

    def _check_has_file(self):
        if not self.sudo().file:  # whether there is one, not what it holds
            raise UserError(
                self.env._("There is no file (any more). Upload it, then check it.")
            )

    @api.depends("kind")
    @api.depends_context("uid", "lang")
    def _compute_may_import(self):
        for job in self:
            job.why_not = job._planner()._why_not(job)
            job.may_import = not job.why_not

    def _check_may_import(self):
        if not self.may_import:
            raise UserError(self.why_not)

    def _refuse(self, refused):
        """Keep why; a file that speaks of patients is not kept at all."""
        self.fault_ids.unlink()
        values = {
            **NOTHING_FOUND,
            "state": "refused",
            "refusal_code": refused.code,
            "refusal_data": {
                key: round(value, 1) if isinstance(value, float) else value
                for key, value in refused.data.items()
            },
        }
        if refused.code.startswith("patient"):
            values |= {"file": False, "file_until": False}
        self.write(values)

    def _finish(self):
        """The last row is done: the check is complete, or the import."""
        if self.state == "checking":
            self.state = "checked"
            return
        self.write(
            {
                "state": "done",
                "imported_at": fields.Datetime.now(),
                "file": False,
                "file_until": False,
            }
        )

    @api.model
    def _cron_work(self):
        """Check and import large files, batch by batch; goes on where it stopped."""
        cron = self.env["ir.cron"]
        todo = self.search([("state", "in", WORK)], order="id")
        cron._commit_progress(remaining=len(todo))
        for job in todo:
            while job.state in WORK and not job._work_in_batches():
                # Somebody wrote on it meanwhile, to stop it: look at it anew.
                self.env.cr.rollback()
            if job.state in WORK:  # the time of this run is over
                cron._commit_progress(remaining=len(todo))
                return
            cron._commit_progress(1)

    def _work_in_batches(self):
        """Work until the end, or the end of the job's time; False after a collision."""
        # On behalf of whoever asked for it. The row is not locked: who wants to stop
        # the work need not wait for it, and it collides with what they wrote.
        job = self.with_user(self.write_uid).sudo()
        try:
            for _batch in job._work():
                if not self.env["ir.cron"]._commit_progress():
                    return True
                if job.state not in WORK:
                    return True
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            return False
        except SheetRefused as refused:
            self.env.cr.rollback()
            job._refuse(refused)
        return True

    @api.autovacuum
    def _gc_files(self):
        """Delete files that nobody imported; what was found in them stays listed."""
        old = self.sudo().search(
            [
                ("file_until", "<", fields.Datetime.now()),
                ("state", "not in", WORK),
            ]
        )
        for job in old:
            job.write({"file": False, "file_until": False})
            job.message_post(
                body=self.env._(
                    "The file was deleted after %(days)s days (%(size)s).",
                    days=KEPT_DAYS,
                    size=human_size(job.file_size),
                )
            )
