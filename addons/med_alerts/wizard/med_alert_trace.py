from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class MedAlertTrace(models.TransientModel):
    """Why is there an alert about this, or why is there none?

    Anybody may ask about an item in a place that they may see, and about a paper, an
    order, a supplier or a recall that they may read. Every rule that could be about it
    answers with what it measures now and what it compares with.
    """

    _name = "med.alert.trace"
    _description = "Why, or Why Not"

    about = fields.Selection(
        [("item", "An item in a department"), ("record", "A paper, order or recall")],
        required=True,
        default="item",
    )
    product_id = fields.Many2one("product.product", string="Item")
    department_id = fields.Many2one(
        "med.department", default=lambda self: self.env.user.med_department_ids[:1]
    )
    record = fields.Reference(
        selection="_selection_record", string="Paper, Order or Recall"
    )
    asked_at = fields.Datetime(readonly=True)
    line_ids = fields.One2many("med.alert.trace.line", "trace_id", readonly=True)

    @api.model
    def _selection_record(self):
        """What rules can be asked about and the person may read."""
        models_asked = [
            self.env[name]
            for name in self.env["med.alert.rule"]._trace_subjects()
            if self.env[name].has_access("read")
        ]
        names = self.env["ir.model"].sudo()  # what a thing is called is no secret
        return [(model._name, names._get(model._name).name) for model in models_asked]

    @api.onchange("about", "product_id", "department_id", "record")
    def _onchange_subject(self):
        self.line_ids = [fields.Command.clear()]

    def action_trace(self):
        self.ensure_one()
        self.env.flush_all()
        # The engine measures with its own eyes, once it is sure that the person may
        # see what they ask about.
        rules = self.env["med.alert.rule"].sudo().with_context(active_test=False)
        answers = self._ask_item if self.about == "item" else self._ask_record
        self.line_ids = [fields.Command.clear()] + [
            fields.Command.create(values) for values in answers(rules.search([]))
        ]
        self.asked_at = fields.Datetime.now()
        return self._open()

    def _open(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Why, or Why Not?"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def _ask_item(self, rules):
        """What each rule about items and lots says of the item in the department."""
        if not self.product_id or not self.department_id:
            raise UserError(self.env._("Choose an item and a department."))
        self._check_may_ask()
        subject = self.sudo()
        place = subject.department_id.stock_location_id
        about_stock = rules.filtered(lambda rule: rule._is_about_stock())
        return [
            values
            for rule in about_stock
            for values in rule._trace(subject.product_id, place)
        ]

    def _ask_record(self, rules):
        """What each rule that may be about the record says of it."""
        if not self.record:
            raise UserError(self.env._("Choose what you ask about."))
        self.record.check_access("read")
        watched = rules._trace_subjects()[self.record._name]
        return [
            values
            for rule in rules.filtered(lambda rule: rule.kind in watched)
            for values in rule._trace_record(self.record, *watched[rule.kind])
        ]

    @api.model
    def _groups_of_everywhere(self):
        """Extension point: roles that may ask about every department."""
        names = ("group_storekeeper", "group_auditor", "group_administrator")
        return [f"med_consumables.{name}" for name in names]

    def _check_may_ask(self):
        if self.env.user.has_groups(",".join(self._groups_of_everywhere())):
            return
        department = self.department_id.sudo()  # its name and its place in the tree
        if not department._filtered_own():
            raise AccessError(
                self.env._(
                    "%(department)s is not one of your departments.",
                    department=department.name,
                )
            )


class MedAlertTraceLine(models.TransientModel):
    """What one rule says about the item."""

    _name = "med.alert.trace.line"
    _description = "What a Rule Says"
    _order = "verdict, id"

    trace_id = fields.Many2one("med.alert.trace", required=True, ondelete="cascade")
    rule_name = fields.Char(string="Rule")
    subject = fields.Char()
    verdict = fields.Selection(
        [("1_alert", "Alert"), ("2_fine", "Fine"), ("3_unwatched", "Not watched")],
        required=True,
    )
    reason = fields.Text()
    alert_id = fields.Many2one("med.alert", string="Alert")

    def action_open_alert(self):
        self.ensure_one()
        return self.alert_id._get_records_action(name=self.env._("Alert"))
