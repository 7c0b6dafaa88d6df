from odoo import api, fields, models

from ..core.history_rows import COLUMNS as HISTORY
from ..core.item_rows import COLUMNS as ITEMS

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
        texts = self._texts()
        for fault in self:
            fault.text = texts[fault.code] % {
                "heading": fault.header or "",
                "value": fault.value or "",
                **self._defaults(),
                **(fault.data or {}),
            }

    @api.model
    def _warnings(self):
        return WARNINGS

    @api.model
    def _defaults(self):
        return dict.fromkeys(
            ("known", "first", "length", "other", "opening", "error", "named"), ""
        )

    @api.model
    def _heading(self, key):
        """A column by the name that the template gives it, in the reader's language."""
        chinese = (self.env.lang or "").startswith("zh")
        for column in (*ITEMS, *HISTORY):
            if column.key == key:
                return column.chinese if chinese else column.english
        return ""

    def _texts(self):  # noqa: C901

        return {
            "missing": self.env._("“%(heading)s” is empty. Fill it in."),
            "error_value": self.env._(
                "The sheet shows an error in this cell. Mend the formula or enter the "
                "value."
            ),
            "formula": self.env._(
                "The cell holds a formula without its result. Open the file in your "
                "spreadsheet program and save it, or enter the value."
            ),
            "control_character": self.env._(
                "The cell holds invisible characters. Type it anew."
            ),
            "too_long": self.env._(
                "The text has more than %(length)s characters. Shorten it."
            ),
            "digits_lost": self.env._(
                "The spreadsheet took this code for a number and lost digits of it. "
                "Format the column as text and enter the code again."
            ),
            "not_a_number": self.env._("“%(value)s” is no number. Enter digits only."),
            "too_large": self.env._(
                "The number is larger than any real one. Check it."
            ),
            "too_small": self.env._(
                "“%(value)s” is less than the smallest part of the unit. Check the "
                "unit."
            ),
            "negative": self.env._(
                "A quantity below zero is only known of a use, which is then a return."
            ),
            "zero": self.env._(
                "A quantity is more than zero. Enter it or delete the row."
            ),
            "not_a_day": self.env._("“%(value)s” is no day. Write it as 2025-03-05."),
            "ambiguous_day": self.env._(
                "“%(value)s” could be two days. Write the year first: 2025-03-05."
            ),
            "future": self.env._("“%(value)s” has not come yet. Check the day."),
            "too_early": self.env._(
                "“%(value)s” lies before the year 2000. Check the day."
            ),
            "ordered_after": self.env._(
                "The goods came before they were ordered. Check both days."
            ),
            "after_opening": self.env._(
                "Since %(opening)s use is reported here directly; this row would count "
                "it twice. Leave out rows from that day on."
            ),
            "not_yes_or_no": self.env._(
                "“%(value)s” means neither yes nor no. Enter 是 or 否."
            ),
            "unknown_word": self.env._(
                "“%(value)s” is not known here. Known are: %(known)s."
            ),
            "insurance_code": self.env._(
                "“%(value)s” is not a national insurance code: it has C and then 14, "
                "19 or 26 digits."
            ),
            "check_digit": self.env._(
                "The check digit of “%(value)s” is wrong. Read it from the pack again."
            ),
            "twice": self.env._(
                "The code “%(value)s” stands in row %(first)s already. Keep one of "
                "the rows."
            ),
            "unknown_item": self.env._(
                "No item has the code “%(value)s”. Import the item list first, or "
                "correct the code."
            ),
            "ambiguous_item": self.env._(
                "Several items have the code “%(value)s”: %(other)s. Use the item code."
            ),
            "unknown_department": self.env._(
                "No department is called “%(value)s”. Use its code, or create it under "
                "Configuration › Departments."
            ),
            "ambiguous_department": self.env._(
                "Several departments are called “%(value)s”. Use the code."
            ),
            "unknown_unit": self.env._(
                "No unit is called “%(value)s”. Create it, or use the name of a unit "
                "that exists."
            ),
            "unit_differs": self.env._(
                "The item is kept in %(other)s, the file says “%(value)s”. Convert the "
                "quantity, or have the item's unit changed."
            ),
            "tracking_differs": self.env._(
                "The item is tracked by %(other)s. An import does not change how stock "
                "is tracked; do it on the item."
            ),
            "unknown_category": self.env._(
                "No category is called “%(value)s”. Correct it, or tick “Make Missing "
                "Categories”."
            ),
            "identifier_taken": self.env._(
                "“%(value)s” is the device identifier of %(other)s. One of the two is "
                "wrong."
            ),
            "changed_report": self.env._(
                "This line was imported before with another %(other)s. If the first "
                "was wrong, record a return for it and give this row a new line number."
            ),
            "refused": self.env._("The row was refused: %(error)s"),
            "near_name": self.env._(
                "The name is nearly that of %(other)s. If it is the same item, use its "
                "code."
            ),
            "price_kept": self.env._(
                "The item's cost is %(other)s and stays so: it comes from receipts."
            ),
            "unknown_supplier": self.env._(
                "No supplier is called “%(value)s”; the name is kept as text."
            ),
            "counted_twice": self.env._(
                "The ledger has use of %(other)s in this time from elsewhere. If these "
                "requisitions are the same use, it counts twice: choose “Never” for "
                "requisitions."
            ),
        }
