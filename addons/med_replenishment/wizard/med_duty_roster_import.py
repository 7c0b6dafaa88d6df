import base64

from odoo import fields, models
from odoo.addons.med_consumables.core.sheet import Broken, SheetRefused, read_rows
from odoo.exceptions import UserError

from ..core.roster_rows import RosterRefused, read_roster

#: How a workbook begins: it is a zip file.
WORKBOOK = b"PK"


class MedDutyRosterImport(models.TransientModel):
    """Which file holds the duty roster?"""

    _name = "med.duty.roster.import"
    _description = "Import a Duty Roster"

    file = fields.Binary(required=True, attachment=False)
    file_name = fields.Char()
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )

    def action_import(self):
        """Write the roster: days that are there are replaced. All of it, or nothing."""
        self.ensure_one()
        Roster = self.env["med.duty.roster"]
        Roster.check_access("create")
        duties = self._duties()
        departments = self._departments({duty.department for duty in duties})
        known = {
            (row.department_id, row.date): row
            for row in Roster.search(
                [
                    ("department_id", "in", [d.id for d in departments.values()]),
                    ("date", "in", list({duty.day for duty in duties})),
                ]
            )
        }
        fresh = {}
        for duty in duties:
            key = departments[duty.department], duty.day
            if row := known.get(key):
                row.people = duty.people
            else:
                fresh[key] = duty.people
        Roster.create(
            [
                {"department_id": department.id, "date": day, "people": people}
                for (department, day), people in fresh.items()
            ]
        )
        return self.env["ir.actions.act_window"]._for_xml_id(
            "med_replenishment.med_duty_roster_action"
        )

    def _duties(self):
        data = base64.b64decode(self.file)
        self._check_is_what_it_is_called(data)
        try:
            duties = list(read_roster(read_rows(data), Broken))
        except SheetRefused as refused:
            why = self.env["med.import"]._refusal_text(refused.code, refused.data)
            raise UserError(why) from None
        except RosterRefused as refusal:
            raise UserError(self._word(refusal)) from None
        if not duties:
            raise UserError(self.env._("The table has a heading and no rows."))
        return duties

    def _check_is_what_it_is_called(self, data):
        """Text that is called a workbook would be read as one column without a name."""
        name = (self.file_name or "").lower()
        if name.endswith((".xlsx", ".xlsm")) and not data.startswith(WORKBOOK):
            raise UserError(
                self.env._(
                    "%(file)s is no workbook, though its name says so. Open it in your "
                    "spreadsheet program and save it as xlsx, or call it .csv if it is "
                    "a text table.",
                    file=self.file_name,
                )
            )

    def _word(self, refusal):
        texts = {
            "empty": self.env._("The table is empty."),
            "no_column": self.env._(
                "The first row must name the columns: department, date, people "
                "(科室编码, 日期, 人数). Missing: %(what)s."
            ),
            "missing": self.env._("Row %(row)s: the column %(what)s is empty."),
            "broken": self.env._(
                "Row %(row)s: the column %(what)s shows an error, or a formula without "
                "its result. Write the value into the cell."
            ),
            "twice": self.env._(
                "Row %(row)s has the same department and date as row %(what)s. Leave "
                "one of them."
            ),
            "no_date": self.env._("Row %(row)s: %(what)s is no date."),
            "no_number": self.env._(
                "Row %(row)s: %(what)s is no number of people from 0 to 9999."
            ),
        }
        columns = {
            "department": self.env._("department"),
            "date": self.env._("date"),
            "people": self.env._("people"),
        }
        what = columns.get(refusal.data, refusal.data)
        return texts[refusal.code] % {"row": refusal.row, "what": what}

    def _departments(self, names):
        """``{code or name as written: department}``; all of them must be known."""
        departments = self.env["med.department"].search(
            [("company_id", "=", self.company_id.id)]
        )
        known = {department.name: department for department in departments}
        known |= {department.code: department for department in departments}
        unknown = sorted(names - known.keys())
        if unknown:
            raise UserError(
                self.env._(
                    "These departments are not known by code or name: %(names)s. "
                    "Nothing was imported.",
                    names=", ".join(unknown[:10]),
                )
            )
        return {name: known[name] for name in names}
