from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..core.consumption_workbook import MOST_LINES


class MedConsumptionExportWizard(models.TransientModel):
    """Which consumption goes into the workbook: period, departments, categories."""

    _name = "med.consumption.export.wizard"
    _description = "Download Consumption"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: fields.Date.context_today(self) + relativedelta(day=1),
    )
    date_to = fields.Date(
        string="To",
        required=True,
        default=lambda self: fields.Date.context_today(self) + relativedelta(day=31),
    )
    department_ids = fields.Many2many(
        "med.department",
        string="Departments",
        domain="[('company_id', '=', company_id)]",
        help="With the departments below them. Left empty: all that you may see.",
    )
    category_ids = fields.Many2many(
        "product.category",
        string="Product Categories",
        help="With the categories below them. Left empty: all.",
    )
    line_count = fields.Integer(string="Lines", compute="_compute_figures")
    uncosted_count = fields.Integer(
        string="Lines without Cost",
        compute="_compute_figures",
        help="Not posted to stock: waiting, incidents and history.",
    )
    value = fields.Monetary(string="Net Cost", compute="_compute_figures")
    currency_id = fields.Many2one(related="company_id.currency_id")

    @api.depends("company_id", "date_from", "date_to")
    def _compute_display_name(self):
        for export in self:
            export.display_name = self.env._(
                "Consumption %(start)s to %(end)s",
                start=export.date_from,
                end=export.date_to,
            )

    @api.depends("company_id", "date_from", "date_to", "department_ids", "category_ids")
    def _compute_figures(self):
        for export in self:  # a question is asked one at a time
            [figures] = self.env["med.consumption.report"]._read_group(
                export._domain(), [], ["__count", "uncosted:sum", "value:sum"]
            )
            export.line_count, export.uncosted_count, export.value = figures

    @api.constrains("date_from", "date_to")
    def _check_period(self):
        for export in self:
            if export.date_to < export.date_from:
                raise ValidationError(
                    self.env._("The period ends before it begins; check its dates.")
                )

    def action_download(self):
        """Make the workbook, or say why there is none."""
        self.ensure_one()
        if not self.line_count:
            raise UserError(
                self.env._(
                    "No use was recorded from %(start)s to %(end)s in what you chose.\n"
                    "Choose another period, or more departments and categories.",
                    start=self.date_from,
                    end=self.date_to,
                )
            )
        if self.line_count > MOST_LINES:
            raise UserError(
                self.env._(
                    "%(count)s lines do not fit on a sheet, which holds %(most)s.\n"
                    "Choose a shorter period or fewer departments.",
                    count=self.line_count,
                    most=MOST_LINES,
                )
            )
        report = self.env.ref("med_analytics.report_consumption")
        # A workbook has no letterhead, so nobody is asked to choose one first.
        return report.report_action(self, config=False)

    def _domain(self):
        """The rows of the consumption report that were asked for."""
        self.ensure_one()
        domain = (
            Domain("company_id", "=", self.company_id.id)
            & Domain("day", ">=", self.date_from)
            & Domain("day", "<=", self.date_to)
        )
        if self.department_ids:
            domain &= Domain("department_id", "child_of", self.department_ids.ids)
        if self.category_ids:
            domain &= Domain("categ_id", "child_of", self.category_ids.ids)
        return domain
