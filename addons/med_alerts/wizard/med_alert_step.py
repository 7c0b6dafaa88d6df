from odoo import api, fields, models
from odoo.exceptions import UserError


class MedAlertStep(models.TransientModel):
    """What can be done about one alert: choose, change how much, do it."""

    _name = "med.alert.step"
    _description = "Next Step of an Alert"

    alert_id = fields.Many2one("med.alert", required=True, readonly=True)
    seen_step_at = fields.Datetime(
        readonly=True, help="The last step of the alert when this was opened."
    )
    option_ids = fields.One2many("med.alert.step.option", "dialog_id", readonly=True)
    option_id = fields.Many2one(
        "med.alert.step.option",
        string="What to Do",
        domain="[('dialog_id', '=', id)]",
    )
    kind = fields.Char(related="option_id.kind")
    asks_quantity = fields.Boolean(related="option_id.asks_quantity")
    quantity = fields.Float(
        digits="Product Unit",
        compute="_compute_quantity",
        store=True,
        readonly=False,
        help="As proposed, unless you know better.",
    )
    uom_id = fields.Many2one("uom.uom", string="Unit", compute="_compute_uom_id")

    @api.depends("option_id")
    def _compute_quantity(self):
        for dialog in self:
            dialog.quantity = dialog.option_id.quantity

    @api.depends("option_id")
    def _compute_uom_id(self):
        for dialog in self:
            # The unit of an item is no secret.
            item = dialog.option_id.product_id or dialog.alert_id.product_id
            dialog.uom_id = item.sudo().uom_id

    @api.model
    def _open_for(self, alert):
        steps = alert._ordered_steps()
        if not steps:
            raise UserError(
                self.env._("%(alert)s: nothing can be proposed.", alert=alert.name)
            )
        dialog = self.create(
            {
                "alert_id": alert.id,
                "seen_step_at": alert.stepped_at,
                "option_ids": [
                    fields.Command.create(self._prepare_option(alert, step, number))
                    for number, step in enumerate(steps)
                ],
            }
        )
        dialog.option_id = dialog.option_ids[:1]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What to Do"),
            "res_model": self._name,
            "res_id": dialog.id,
            "view_mode": "form",
            "target": "new",
        }

    @api.model
    def _prepare_option(self, alert, step, number):
        return {
            "sequence": number,
            "key": step.key,
            "kind": step.kind,
            "name": alert._say_step(step),
            "quantity": step.quantity,
            "asks_quantity": step.asks_quantity,
            "product_id": step.product,
        }

    def action_do(self):
        """Do the chosen step, computed again from this moment."""
        self.ensure_one()
        alert = self.alert_id
        alert.check_access("write")
        alert._take_turns()
        self._check_nobody_was_faster()
        steps = {step.key: step for step in alert._ordered_steps()}
        step = steps.get(self.option_id.key)
        if not step:
            raise UserError(
                self.env._(
                    "This can no longer be done: %(step)s\n"
                    "Stock has changed in the meantime. Close this and look again.",
                    step=self.option_id.name,
                )
            )
        result = alert._do_step(self._chosen(step))
        if isinstance(result, dict):
            return result
        return {"type": "ir.actions.act_window_close"}

    def _check_nobody_was_faster(self):
        """What somebody did since this was opened may have been enough."""
        alert = self.alert_id
        if alert.state == "resolved":
            raise UserError(
                self.env._(
                    "%(alert)s has ended: nothing is to be done any more.",
                    alert=alert.name,
                )
            )
        if alert.stepped_at != self.seen_step_at:
            raise UserError(
                self.env._(
                    "Somebody has done a step for %(alert)s since you opened this. "
                    "Close it and look at what was done; you may then do more.",
                    alert=alert.name,
                )
            )

    def _chosen(self, step):
        """Extension point: ``step`` as the person wants it."""
        if not self.asks_quantity:
            return step
        return self.alert_id._amended(step, self.quantity)


class MedAlertStepOption(models.TransientModel):
    """One thing that can be done."""

    _name = "med.alert.step.option"
    _description = "Possible Step of an Alert"
    _order = "sequence, id"

    dialog_id = fields.Many2one("med.alert.step", required=True, ondelete="cascade")
    sequence = fields.Integer()
    key = fields.Char(required=True)
    kind = fields.Char(required=True)
    name = fields.Char(required=True)
    quantity = fields.Float(digits="Product Unit")
    asks_quantity = fields.Boolean()
    product_id = fields.Many2one("product.product")
