from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .spoken_to import spoken_to


class MedDailyCheck(models.Model):
    """The daily check of high-value pieces (日清) of one department: expected and seen.

    draft ──> signed     every difference has its reason; nothing changes any more
    """

    _name = "med.daily.check"
    _description = "Daily Piece Check"
    _inherit = ["med.stepped", "mail.thread", "mail.activity.mixin"]
    _order = "day desc, department_id"
    _check_company_auto = True
    _med_set_by_steps = frozenset({"state", "signed_by_id", "signed_at"})

    company_id = fields.Many2one(
        related="department_id.company_id", store=True, readonly=True
    )
    department_id = fields.Many2one(
        "med.department",
        required=True,
        ondelete="restrict",
        index=True,
        default=lambda self: self.env.user.med_department_ids[:1],
    )
    day = fields.Date(required=True, default=fields.Date.context_today)
    line_ids = fields.One2many(
        "med.daily.check.line", "check_id", string="Pieces to Check"
    )
    piece_count = fields.Integer(compute="_compute_counts", string="Lines", store=True)
    difference_count = fields.Integer(
        compute="_compute_counts", string="Differences", store=True
    )
    state = fields.Selection(
        [("draft", "To check"), ("signed", "Signed")],
        required=True,
        readonly=True,
        copy=False,
        default="draft",
        tracking=True,
    )
    signed_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, tracking=True
    )
    signed_at = fields.Datetime(readonly=True, copy=False)
    note = fields.Char()

    _day_uniq = models.Constraint(
        "unique(department_id, day)",
        "This department has a sheet for this day already.",
    )

    @api.depends("department_id", "day")
    def _compute_display_name(self):
        for check in self:
            check.display_name = f"{check.department_id.display_name} {check.day or ''}"

    @api.depends("line_ids.difference", "line_ids.seen")
    def _compute_counts(self):
        for check in self:
            check.piece_count = len(check.line_ids)
            check.difference_count = len(check.line_ids.filtered("difference"))

    def write(self, vals):
        if vals.keys() & {"department_id", "day", "line_ids", "note"}:
            self._check_not_signed()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_signed(self):
        self._check_not_signed()

    def _check_not_signed(self):
        if signed := self.filtered(lambda check: check.state == "signed"):
            raise UserError(
                self.env._(
                    "%(sheet)s is signed and cannot be changed. "
                    "Note what you found on the next day's sheet.",
                    sheet=signed[0].display_name,
                )
            )

    @api.model
    def _cron_prepare(self):
        """A sheet for today for each department that holds high-value pieces."""
        for company in self.env["res.company"].search(
            [("med_daily_check", "=", True)], order="id"
        ):
            day = company._med_day(fields.Datetime.now())
            departments = self.env["med.department"].search(
                [
                    ("company_id", "=", company.id),
                    ("kind", "!=", "store"),
                    ("stock_location_id", "!=", False),
                ]
            )
            done = self.search(
                [("department_id", "in", departments.ids), ("day", "=", day)]
            )
            sheets = self.create(
                [
                    {"department_id": department.id, "day": day}
                    for department in departments - done.department_id
                ]
            )
            sheets.action_fill()
            sheets.filtered(lambda sheet: not sheet.line_ids).unlink()

    def action_fill(self):
        """List what must be there: high-value pieces and implants, less use not posted.

        What was seen already on an unsigned sheet is kept.
        """
        self.check_access("write")
        self._check_not_signed()
        # What is expected follows from the books; nobody enters it.
        for check in self.sudo():
            expected = check._expected()
            for line in check.line_ids:
                key = line.product_id.id, line.lot_id.id
                line.expected = expected.pop(key, 0.0)
            check.line_ids = [
                fields.Command.create(
                    {"product_id": product, "lot_id": lot, "expected": quantity}
                )
                for (product, lot), quantity in expected.items()
                if quantity > 0
            ]

    def _expected(self):
        """``{(product id, lot id): quantity}`` on this department's shelf."""
        shelf = self.department_id.stock_location_id
        # A ward may know what lies on its own shelf; it reads no quants.
        quants = (
            self.env["stock.quant"]
            .sudo()
            .search(
                Domain("location_id", "child_of", shelf.ids)
                & Domain("quantity", ">", 0)
                & (
                    Domain("product_id.med_value_class", "=", "high")
                    | Domain("product_id.med_implant", "=", True)
                ),
                order="removal_date, in_date, id",
            )
        )
        expected = {}
        for quant, left in quants._med_less_pending(shelf).items():
            key = quant.product_id.id, quant.lot_id.id
            expected[key] = expected.get(key, 0.0) + left
        return expected

    def action_all_seen(self):
        """Everything is there; what is not is corrected line by line."""
        self._check_not_signed()
        for line in self.line_ids:
            line.seen = line.expected

    def action_sign(self):
        self.check_access("write")
        for check in self:
            check._check_not_signed()
            check._check_reasons()
        # States are not written by hand; the person's rights were checked above.
        self.sudo().write(
            {
                "state": "signed",
                "signed_by_id": self.env.uid,
                "signed_at": fields.Datetime.now(),
            }
        )
        self._keep_counts()
        self._tell_manager()

    def _check_reasons(self):
        if not self.line_ids:
            raise UserError(
                self.env._(
                    "There is nothing on %(sheet)s; fill it first.",
                    sheet=self.display_name,
                )
            )
        unexplained = self.line_ids.filtered(
            lambda line: line.difference and not line.reason
        )
        if unexplained:
            raise UserError(
                self.env._(
                    "Give a reason for each difference:\n%(pieces)s",
                    pieces="\n".join(unexplained.mapped("display_name")),
                )
            )

    def _keep_counts(self):
        self.env["med.count.line"]._log(
            [
                {
                    "kind": "daily",
                    "company_id": check.company_id.id,
                    "location_id": check.department_id.stock_location_id.id,
                    "product_id": line.product_id.id,
                    "lot_id": line.lot_id.id,
                    "expected": line.expected,
                    "counted": line.seen,
                    "reason": line.reason,
                }
                for check in self
                for line in check.line_ids
            ]
        )

    def _tell_manager(self):
        for check in self.filtered("difference_count"):
            manager = check.department_id.manager_id
            if manager and manager != self.env.user:
                # A nurse may not plan work for the manager; the difference does.
                check.sudo().activity_schedule(
                    "mail.mail_activity_data_todo",
                    user_id=manager.id,
                    summary=spoken_to(check, manager).env._(
                        "%(count)s pieces differ", count=check.difference_count
                    ),
                )
