from odoo import models
from odoo.tools.translate import LazyTranslate

from .med_import import NOTHING_FOUND

_lt = LazyTranslate(__name__)

#: What is wrong with a whole file, and what to do.
TEXTS = {
    "empty": _lt("The file is empty. Choose another."),
    "too_large": _lt(
        "The file has %(size)s MB; %(limit)s MB is the most. Cut it into years."
    ),
    "too_large_unpacked": _lt(
        "Unpacked, the file would have more than %(limit)s MB. Delete pictures "
        "and empty rows, or cut it into years."
    ),
    "too_many_rows": _lt("The sheet has more than %(limit)s rows. Cut it into years."),
    "too_many_columns": _lt(
        "Row %(row)s has more than %(limit)s columns. Delete what is right of "
        "the table."
    ),
    "cell_too_long": _lt(
        "A cell in row %(row)s has more than %(limit)s characters. Shorten it; "
        "in a CSV file a quotation mark may be missing."
    ),
    "broken_quotes": _lt(
        "A quotation mark is opened and not closed before row %(row)s. Mend "
        "it, or save the file as xlsx."
    ),
    "broken_workbook": _lt(
        "The workbook is damaged (%(error)s). Open it in your spreadsheet "
        "program and save it again as xlsx."
    ),
    "old_or_protected": _lt(
        "This is an old .xls file or one with a password. Save it as xlsx "
        "without a password."
    ),
    "not_a_table": _lt("This is no table. Upload an xlsx or CSV file."),
    "unknown_encoding": _lt(
        "The characters of the file cannot be read. Save it as xlsx, or as CSV "
        "in UTF-8."
    ),
    "missing_columns": _lt(
        "These columns are missing: %(columns)s. Add them, or say under "
        "“Columns” which column they are, and check again."
    ),
    "patient_columns": _lt(
        "The file has columns that look like data of patients: %(columns)s. "
        "It was deleted here at once. Remove these columns and upload it again."
    ),
    "patient_values": _lt(
        "Row %(row)s holds an identity number (column “%(column)s”). The file "
        "was deleted here at once. Remove what belongs to patients and upload "
        "it again."
    ),
}
#: What the texts may name; each file's ``refusal_data`` has what is true of it.
UNNAMED = dict.fromkeys(("size", "limit", "row", "error", "columns", "column"), "")


class MedImport(models.Model):
    """A file that cannot be read at all, or must not be: kept is why."""

    _inherit = "med.import"

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
        self._note(values)

    def _refusal_text(self, code, data):
        values = UNNAMED | data
        if isinstance(values["columns"], list):
            values["columns"] = ", ".join(values["columns"])
        return self.env._(TEXTS[code]) % values
