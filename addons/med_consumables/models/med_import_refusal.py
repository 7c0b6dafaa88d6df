from odoo import models


class MedImport(models.Model):
    """What is said where a file cannot be read at all."""

    _inherit = "med.import"

    def _refusal_text(self, code, data):
        """What is wrong with the whole file, and what to do."""

        texts = {
            "empty": self.env._("The file is empty. Choose another."),
            "too_large": self.env._(
                "The file has %(size)s MB; %(limit)s MB is the most. Cut it into years."
            ),
            "too_large_unpacked": self.env._(
                "Unpacked, the file would have more than %(limit)s MB. Delete pictures "
                "and empty rows, or cut it into years."
            ),
            "too_many_rows": self.env._(
                "The sheet has more than %(limit)s rows. Cut it into years."
            ),
            "too_many_columns": self.env._(
                "Row %(row)s has more than %(limit)s columns. Delete what is right of "
                "the table."
            ),
            "cell_too_long": self.env._(
                "A cell in row %(row)s has more than %(limit)s characters. Shorten it; "
                "in a CSV file a quotation mark may be missing."
            ),
            "broken_quotes": self.env._(
                "A quotation mark is opened and not closed before row %(row)s. Mend "
                "it, or save the file as xlsx."
            ),
            "broken_workbook": self.env._(
                "The workbook is damaged (%(error)s). Open it in your spreadsheet "
                "program and save it again as xlsx."
            ),
            "old_or_protected": self.env._(
                "This is an old .xls file or one with a password. Save it as xlsx "
                "without a password."
            ),
            "not_a_table": self.env._("This is no table. Upload an xlsx or CSV file."),
            "unknown_encoding": self.env._(
                "The characters of the file cannot be read. Save it as xlsx, or as CSV "
                "in UTF-8."
            ),
            "missing_columns": self.env._(
                "These columns are missing: %(columns)s. Add them, or say under "
                "“Columns” which column they are, and check again."
            ),
            "patient_columns": self.env._(
                "The file has columns that look like data of patients: %(columns)s. "
                "It was deleted here at once. Remove these columns and upload it again."
            ),
            "patient_values": self.env._(
                "Row %(row)s holds an identity number (column “%(column)s”). The file "
                "was deleted here at once. Remove what belongs to patients and upload "
                "it again."
            ),
        }
        values = dict.fromkeys(
            ("size", "limit", "row", "error", "columns", "column"), ""
        )
        values |= data
        if isinstance(values["columns"], list):
            values["columns"] = ", ".join(values["columns"])
        return texts[code] % values
