from odoo import api, fields, models


class PurchaseRequest(models.Model):
    """Who needs it, why, for whose money, and what became of it."""

    _inherit = "purchase.request"

    department_id = fields.Many2one(
        "med.department",
        index="btree_not_null",
        check_company=True,
        tracking=True,
        default=lambda self: self._default_department_id(),
        help="For whom it is bought: its cost centre bears the cost. What a store buys "
        "is spread over the departments that use it.",
    )
    approval_amount = fields.Monetary(
        compute="_compute_approval_amount",
        help="What decides on the approval route: the estimate, but never less than "
        "what the vendor's price makes.",
    )
    needs_approver = fields.Boolean(
        compute="_compute_approval_amount",
        help="The amount reaches the company's limit, or is not known.",
    )
    med_alert_ids = fields.Many2many(
        "med.alert", string="Alerts", compute="_compute_med_alert_ids"
    )
    med_alert_count = fields.Integer(
        string="Number of Alerts", compute="_compute_med_alert_ids"
    )

    @api.model
    def _default_department_id(self):
        """The department of whoever asks, if there is only one."""
        departments = self.env.user.med_department_ids.filtered(
            lambda department: department.company_id == self.env.company
        )
        return departments if len(departments) == 1 else False

    @api.model
    def _default_picking_type(self):
        """Receive where the department lies; the original takes any warehouse."""
        department = self.env["med.department"].browse(
            self.env.context.get("default_department_id")
        )
        department = department or self._default_department_id()
        return (
            department and department._receipt_type() or super()._default_picking_type()
        )

    @api.depends(
        "line_ids.cancelled",
        "line_ids.estimated_cost",
        "line_ids.product_id",
        "line_ids.product_qty",
        "line_ids.product_uom_id",
        "company_id.med_approval_amount",
    )
    def _compute_approval_amount(self):
        for request in self:
            lines = request.line_ids.filtered(lambda line: not line.cancelled)
            costs = lines._approval_costs()
            request.approval_amount = sum(costs.values())
            limit = request.company_id.med_approval_amount
            currency = request.currency_id or self.env.company.currency_id
            request.needs_approver = (
                not all(costs.values())
                or currency.compare_amounts(request.approval_amount, limit) >= 0
            )

    @api.depends("line_ids.med_alert_ids")
    def _compute_med_alert_ids(self):
        for request in self:
            request.med_alert_ids = request.line_ids.med_alert_ids
            request.med_alert_count = len(request.med_alert_ids)

    @api.onchange("department_id")
    def _onchange_department_id(self):
        if self.department_id:
            self.picking_type_id = self.department_id._receipt_type()

    def _arrives_in(self, location):
        """Whether what is requested is meant for ``location`` or a place below it."""
        self.ensure_one()
        place = (
            self.department_id.stock_location_id
            or self.picking_type_id.default_location_dest_id
        )
        return bool(location) and (place.parent_path or "").startswith(
            location.parent_path
        )

    def action_view_alerts(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_alerts.med_alert_action"
        )
        action["domain"] = [("id", "in", self.med_alert_ids.ids)]
        action["context"] = {}
        return action
