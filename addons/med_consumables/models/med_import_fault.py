from odoo import api, fields, models

from ..core.history_rows import COLUMNS as HISTORY
from ..core.item_rows import COLUMNS as ITEMS
from .med_import_fault_texts import TEXTS, UNNAMED

#: What is worth a look and hinders nothing.
WARNINGS = ("near_name", "price_kept", "unknown_supplier", "counted_twice")


class MedImportFault(models.Model):
    """One fault of a file: where it stands, what is wrong and what to do about it."""

    _name = "med.import.fault"
    _description = "Fault of an Import"
    _order = "import_id desc, row, position"
    _rec_name = "text"

    import_id = fields.Many2one(
        "med.import", required=True, index=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="import_id.company_id", store=True)
    row = fields.Integer(readonly=True)
    position = fields.Integer(readonly=True)
    column = fields.Char(readonly=True, help="The column's letter in the sheet.")
    cell = fields.Char(compute="_compute_cell")
    header = fields.Char(string="Heading", readonly=True)
    value = fields.Char(string="What It Says", readonly=True)
    code = fields.Selection(
        [
            ("missing", "Missing"),
            ("error_value", "Error in the sheet"),
            ("formula", "Formula without result"),
            ("control_character", "Invisible characters"),
            ("too_long", "Too long"),
            ("digits_lost", "Digits lost by the sheet"),
            ("not_a_number", "Not a number"),
            ("too_large", "Too large"),
            ("too_small", "Too small"),
            ("negative", "Below zero"),
            ("zero", "Zero"),
            ("not_a_day", "Not a day"),
            ("ambiguous_day", "Ambiguous day"),
            ("future", "In the future"),
            ("too_early", "Before 2000"),
            ("ordered_after", "Ordered after it came"),
            ("after_opening", "After the opening"),
            ("not_yes_or_no", "Neither yes nor no"),
            ("unknown_word", "Unknown word"),
            ("insurance_code", "Not an insurance code"),
            ("check_digit", "Wrong check digit"),
            ("twice", "Twice in the file"),
            ("unknown_item", "Unknown item"),
            ("ambiguous_item", "Code of several items"),
            ("unknown_department", "Unknown department"),
            ("ambiguous_department", "Several such departments"),
            ("unknown_unit", "Unknown unit"),
            ("unit_differs", "Another unit"),
            ("tracking_differs", "Another tracking"),
            ("unknown_category", "Unknown category"),
            ("identifier_taken", "Identifier of another item"),
            ("changed_report", "Reported otherwise before"),
            ("refused", "Refused by a rule"),
            ("near_name", "Name like another item's"),
            ("price_kept", "Cost is not changed"),
            ("unknown_supplier", "Unknown supplier"),
            ("counted_twice", "May count twice"),
        ],
        string="Fault",
        required=True,
        readonly=True,
    )
    severity = fields.Selection(
        [("error", "Fault"), ("warning", "Remark")],
        compute="_compute_severity",
        store=True,
        help="A row with a fault is not imported; a remark hinders nothing.",
    )
    data = fields.Json(readonly=True)
    text = fields.Char(string="What to Do", compute="_compute_text")

    @api.depends("column", "row")
    def _compute_cell(self):
        for fault in self:
            fault.cell = f"{fault.column or ''}{fault.row}"

    @api.depends("code")
    def _compute_severity(self):
        for fault in self:
            fault.severity = "warning" if fault.code in WARNINGS else "error"

    @api.depends("code", "data", "value", "header")
    @api.depends_context("lang")
    def _compute_text(self):
        for fault in self:
            fault.text = self.env._(TEXTS[fault.code]) % {
                "heading": fault.header or "",
                "value": fault.value or "",
                **UNNAMED,
                **(fault.data or {}),
            }

    @api.model
    def _heading(self, key):
        """A column by the name that the template gives it, in the reader's language."""
        chinese = (self.env.lang or "").startswith("zh")
        for column in (*ITEMS, *HISTORY):
            if column.key == key:
                return column.chinese if chinese else column.english
        return ""
