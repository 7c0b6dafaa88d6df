from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..core.next_step import in_order


class MedAlert(models.Model):
    """What to do next, computed from this moment, and done by one click.

    Extension point: ``_next_steps`` adds ``Step``s; ``_step_words_<kind>(words)`` says
    one and ``_do_<kind>(step)`` does it. What there is: ``med_alert_step_low.py`` (too
    little), ``med_alert_step_spare.py`` (too much, or for too long),
    ``med_alert_step_paper.py`` (papers, deliveries, counts, recalls).
    """

    _inherit = "med.alert"

    next_step = fields.Char(
        compute="_compute_next_step", help="What the system proposes to do."
    )
    next_step_amendable = fields.Boolean(
        compute="_compute_next_step",
        help="There is a quantity to change, or another step to choose.",
    )

    stepped_at = fields.Datetime(
        string="Last Step", readonly=True, help="When somebody last did a step."
    )

    @api.depends("state", "kind", "measured")
    @api.depends_context("lang", "uid")
    def _compute_next_step(self):
        for alert in self._knowing_stores():
            steps = alert._ordered_steps() if alert.state != "resolved" else []
            alert.next_step = alert._say_step(steps[0]) if steps else False
            alert.next_step_amendable = len(steps) > 1 or any(
                step.asks_quantity for step in steps
            )

    def _ordered_steps(self):
        self.ensure_one()
        # Stock elsewhere decides what is proposed, whoever may see it in detail.
        return in_order(self.sudo()._next_steps())

    def _next_steps(self):
        """Extension point: what can be done about this one alert."""
        self.ensure_one()
        return []

    # ---- in words --------------------------------------------------------------------

    def _say_step(self, step):
        product = self.env["product.product"].browse(step.product) or self.product_id
        department = self.env["med.department"].sudo().browse(step.place)
        return getattr(self, f"_step_words_{step.kind}")(
            {
                # Numbers and names only; the names of places are no secret.
                "quantity": self._format_quantity(step.quantity),
                "unit": product.sudo().uom_id.name or "",
                "product": product.sudo().display_name or "",
                "place": department.name or "",
                "subject": self.subject_name or "",
                "partner": self.partner_id.sudo().display_name or "",
                "record": step.record,
            }
        )

    # ---- doing it --------------------------------------------------------------------

    def action_next_step(self):
        """Do what is proposed, for one alert or for many; say what was not done.

        Who wants more than was proposed chooses it in the dialog.
        """
        self.check_access("write")
        self._take_turns()
        done, failed, action = self.browse(), [], False
        for alert in self.filtered(lambda each: each.state != "resolved"):
            steps = alert._ordered_steps()
            obstacle = alert._why_no_step(steps)
            if obstacle:
                failed.append(obstacle)
                continue
            try:
                with self.env.cr.savepoint():
                    action = alert._do_step(steps[0])
            except UserError as error:
                failed.append(f"{alert.name}: {error.args[0]}")
                continue
            done |= alert
        if len(self) == 1:
            if failed:
                raise UserError(failed[0])
            return action if isinstance(action, dict) else True
        return self._say_done(done, failed)

    def _take_turns(self):
        """Two who press at the same moment would ask twice: the second waits here.

        Where the first has changed these alerts, PostgreSQL refuses to go on with what
        was seen before, and the request begins anew with what is there by then.
        """
        self.env.execute_query(
            SQL(
                "SELECT id FROM med_alert WHERE id = ANY(%s) ORDER BY id"
                " FOR NO KEY UPDATE",
                self.ids,
            )
        )

    def _why_no_step(self, steps):
        """Why none of ``steps`` is done by one click; None where one is."""
        self.ensure_one()
        if not steps:
            return self.env._("%(alert)s: nothing can be proposed.", alert=self.name)
        if self.state == "in_work":
            return self.env._(
                "%(alert)s is in work already. Open it to see what was done, and to "
                "choose what else to do.",
                alert=self.name,
            )
        return None

    def action_open_step(self):
        """Look at what can be done, and change it before it is done."""
        self.ensure_one()
        self.check_access("write")
        return self.env["med.alert.step"]._open_for(self)

    def _do_step(self, step):
        """Do one step: the alert is in work, and its chatter says what was done."""
        self.ensure_one()
        result = getattr(self, f"_do_{step.kind}")(step)
        alert = self.sudo()  # see _move_by_hand
        alert._with_parts()._move("begin")
        alert.stepped_at = fields.Datetime.now()
        self.message_post(body=self._say_step(step))
        return result

    def _amended(self, step, quantity):
        """``step`` with the quantity that a person wants, refused where it cannot be.

        Whoever holds back less than is proposed knows why; nothing is moved that is
        not there.
        """
        product = self.env["product.product"].browse(step.product) or self.product_id
        unit = product.sudo().uom_id
        if unit.compare(quantity, 0.0) <= 0:
            raise UserError(self.env._("Enter a quantity that is more than zero."))
        if step.most is not None and unit.compare(quantity, step.most) > 0:
            raise UserError(
                self.env._(
                    "No more than %(most)s %(unit)s of %(product)s are there.",
                    most=self._format_quantity(step.most),
                    unit=unit.name,
                    product=product.sudo().display_name,
                )
            )
        return replace(step, quantity=unit.round(quantity))

    def _say_done(self, done, failed):
        text = self.env._("%(count)s done.", count=len(done))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if failed else "success",
                "sticky": bool(failed),
                "message": "\n".join([text, *failed]),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
