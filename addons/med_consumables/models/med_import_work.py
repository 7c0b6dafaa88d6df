from itertools import islice

from odoo import fields, models
from odoo.fields import Command

from ..core.rows import find_table, letter, missing_columns, records
from ..core.sheet import SheetRefused, read_rows
from .med_import_fault import WARNINGS

BATCH = 1_000
#: So many faults are listed; their number is always right.
LISTED = 5_000


class MedImport(models.Model):
    """How a file is worked through: the same way for a check and for an import."""

    _inherit = "med.import"

    def _bytes(self):
        self.ensure_one()
        # The job works on behalf of whoever asked for it; readers of an import who
        # may not see its file never come here.
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_field", "=", "file"),
                    ("res_id", "=", self.id),
                ],
                limit=1,
            )
        )
        return attachment.raw or b""

    def _find_columns(self):
        """Recognise the header; columns that people mapped by hand stay as they are."""
        columns = self._planner()._columns()
        table = find_table(read_rows(self._bytes()), columns)
        if self.header_row != table.header_row or not self.column_ids:
            keys = {position: key for key, position in table.mapping.items()}
            self._note(
                {
                    "header_row": table.header_row,
                    "column_ids": [
                        Command.clear(),
                        *(
                            Command.create(
                                {
                                    "position": position,
                                    "header": header,
                                    "target": self.column_ids._target(
                                        self.kind, keys.get(position)
                                    ),
                                }
                            )
                            for position, header in enumerate(table.headers)
                            if header
                        ),
                    ],
                }
            )
        missing = missing_columns(self._file_table(), columns)
        if missing:
            raise SheetRefused(
                "missing_columns",
                columns=[f"{column.chinese} / {column.english}" for column in missing],
            )

    def _file_table(self):
        """The header row and the columns, as recognised or as set by hand."""
        mapping = {
            column.key: column.position for column in self.column_ids if column.key
        }
        columns = self._planner()._columns()
        return find_table(read_rows(self._bytes()), columns, mapping)

    def _work(self):
        """Work through the file in batches; yields after each.

        A check plans every row and keeps what it found. An import plans again, since
        days may lie between, and does it.
        """
        self.ensure_one()
        applies = self.state == "importing"
        if not self.row_reached:
            self.fault_ids.unlink()
            counts = dict.fromkeys(
                ("to_create", "to_change", "unchanged", "rows_faulty"), 0
            )
            self._note({**counts, "fault_count": 0, "warning_count": 0, "rows_done": 0})
        planner = self._planner().with_company(self.company_id)
        run = planner._start(self)
        columns, data = planner._columns(), self._bytes()
        rows = records(read_rows(data), self._file_table(), columns)
        while batch := list(islice(rows, BATCH)):
            prepared = [planner._prepare(run, record) for record in batch]
            if batch[-1].row <= self.row_reached:
                continue
            plans = planner._plan(run, prepared)
            if applies:
                plans = planner._apply(run, plans)
            self._keep(plans, batch[-1].row)
            yield len(plans)
        if not applies:
            self._note({"rows_total": self.rows_done})
        self._finish()
        yield 0

    def _finish(self):
        """The last row is done: the check is complete, or the import."""
        if self.state == "checking":
            self._note({"state": "checked"})
            return
        self._note(
            {
                "state": "done",
                "imported_at": fields.Datetime.now(),
                "file": False,
                "file_until": False,
            }
        )

    def _keep(self, plans, row_reached):
        """Add a batch to the figures, and its faults to the list."""
        actions = [plan.action for plan in plans]
        faults = [fault for plan in plans for fault in plan.faults]
        warnings = [f for f in faults if f.code in WARNINGS]
        room = max(LISTED - self.fault_count - self.warning_count, 0)
        place = {column.key: column.position for column in self.column_ids}
        self.env["med.import.fault"].sudo().create(  # the list is the check's own
            [
                self._fault_values(fault, place.get(fault.key, -1))
                for fault in faults[:room]
            ]
        )
        self._note(
            {
                "to_create": self.to_create + actions.count("create"),
                "to_change": self.to_change + actions.count("change"),
                "unchanged": self.unchanged + actions.count("keep"),
                "rows_faulty": self.rows_faulty + actions.count("none"),
                "fault_count": self.fault_count + len(faults) - len(warnings),
                "warning_count": self.warning_count + len(warnings),
                "rows_done": self.rows_done + len(plans),
                "row_reached": row_reached,
            }
        )

    def _fault_values(self, fault, position):
        header = self.column_ids.filtered(lambda column: column.position == position)
        return {
            "import_id": self.id,
            "row": fault.row,
            "position": position,
            "column": letter(position) if position >= 0 else "",
            "header": header.header or self.fault_ids._heading(fault.key),
            "value": fault.value,
            "code": fault.code,
            "data": fault.data,
        }
