from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import human_size

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
    waits may stop it. A check writes nothing but what it found. A small file is
    imported in one transaction; a larger one in batches, each committed with the row
    reached, so that it goes on where it was interrupted. Every row bears a key that
    stays the same: the same file twice changes nothing. The file itself is deleted
    after the import, at the latest after 7 days.
    """

    _name = "med.import"
    _description = "Import of Items and History"
    _inherit = ["med.stepped", "mail.thread"]
    _order = "id desc"
    _rec_name = "filename"
    _check_company_auto = True
    _med_set_by_steps = frozenset(
        {
            *NOTHING_FOUND,
            "state",
            "header_row",
            "imported_at",
            "fault_ids",
            "effect_ids",
        }
    )

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

    @api.depends("kind")
    @api.depends_context("uid", "lang")
    def _compute_may_import(self):
        for job in self:
            job.why_not = job._planner()._why_not(job)
            job.may_import = not job.why_not

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
        return super().create([vals | self._about_file(vals) for vals in vals_list])

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
        result = super().write(vals | self._about_file(vals))
        if vals.get("file"):
            clear = [fields.Command.clear()]
            self._note(
                {
                    **NOTHING_FOUND,
                    "state": "draft",
                    "header_row": 0,
                    "column_ids": clear,
                    "fault_ids": clear,
                }
            )
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_not_imported(self):
        if any(job.state in ("importing", "stopped", "done") for job in self):
            raise UserError(
                self.env._(
                    "An import that has written something stays as its record. "
                    "Undo it first."
                )
            )

    def _note(self, values):
        """How far it is and what was found: written by the work, not by people."""
        self.check_access("write")
        self.sudo().write(values)

    @api.model
    def _about_file(self, vals):
        if not vals.get("file"):
            return {}
        return {
            "file_until": fields.Datetime.now() + timedelta(days=KEPT_DAYS),
            # The web client sends the size in words where it has no bytes.
            "file_size": len(vals["file"]) * 3 // 4,
        }

    def _planner(self):
        """The model that knows what rows of this kind mean."""
        return self.env[f"med.import.{self.kind}"]

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
