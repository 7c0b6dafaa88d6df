from odoo import api, fields, models

from ..core import history_rows, item_rows
from ..core.rows import letter

COLUMNS = {"items": item_rows.COLUMNS, "history": history_rows.COLUMNS}


class MedImportColumn(models.Model):
    """One column of a file, and what it is taken for; people may set it by hand."""

    _name = "med.import.column"
    _description = "Column of an Import"
    _order = "import_id, position"

    import_id = fields.Many2one(
        "med.import", required=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(related="import_id.kind")
    position = fields.Integer(required=True, readonly=True)
    column = fields.Char(compute="_compute_column")
    header = fields.Char(readonly=True)
    target = fields.Selection(
        selection="_selection_target",
        string="Taken for",
        help="Left empty, the column is not read.",
    )
    key = fields.Char(compute="_compute_key")

    _position_uniq = models.Constraint(
        "unique(import_id, position)", "A column is listed once."
    )
    _target_uniq = models.UniqueIndex(
        "(import_id, target) WHERE target IS NOT NULL",
        "Two columns cannot be taken for the same; leave one of them empty.",
    )

    @api.depends("position")
    def _compute_column(self):
        for column in self:
            column.column = letter(column.position)

    @api.depends("target", "import_id.kind")
    def _compute_key(self):
        """The core's name; a target of the other kind of file means nothing."""
        for column in self:
            kind, _dot, key = (column.target or "").partition(".")
            column.key = kind == column.import_id.kind and key

    @api.model
    def _target(self, kind, key):
        return key and f"{kind}.{key}"

    @api.model
    def _selection_target(self):
        chinese = (self.env.lang or "").startswith("zh")
        words = {"items": self.env._("Item"), "history": self.env._("History")}
        return [
            (
                f"{kind}.{column.key}",
                f"{words[kind]}: {column.chinese if chinese else column.english}",
            )
            for kind, columns in COLUMNS.items()
            for column in columns
        ]
