from odoo import api, models
from odoo.addons.med_consumables.core.visit import Visit
from odoo.tools import format_datetime

from .med_his_channel_kind import OUTBOUND

#: Shown to whoever opens the screen: charges of the last days that did not arrive.
SHOWN = 5


class MedPointOfUse(models.AbstractModel):
    """What is scanned is told to the hospital's system, and the nurse sees whether it
    arrived."""

    _inherit = "med.point.of.use"

    @api.model
    def _sends_charges(self, companies):
        # Whether charges are sent is no secret; channels are not for nurses.
        return (
            self.env["med.his.channel"]
            .sudo()
            .search_count(
                [
                    ("transport", "in", OUTBOUND),
                    ("sends_charges", "=", True),
                    ("company_id", "in", companies.ids),
                ],
                limit=1,
            )
        )

    @api.model
    def _follows_up(self):
        return bool(
            super()._follows_up() or self._sends_charges(self._departments().company_id)
        )

    @api.model
    def _keep_visit(self, token, code, department):
        self._remember_visit(token, code, department)
        return super()._keep_visit(token, code, department)

    @api.model
    def _visit_token(self, code, department):
        token = super()._visit_token(code, department)
        self._remember_visit(token, code, department)
        return token

    @api.model
    def _remember_visit(self, token, code, department):
        """Keep, sealed, which visit a token stands for: a charge must name it."""
        company = department.company_id
        if token and self._sends_charges(company):
            visit = Visit(self._wristband(code, department))
            # On behalf of the charge: nobody may read or write these rows.
            self.env["med.his.charge.visit"].sudo()._remember(company, token, visit)

    @api.model
    def _write_lines(self, vals_list):
        lines = super()._write_lines(vals_list)
        recorded = self.env["med.consumption"].browse(
            line.id for line in lines.values()
        )
        # On behalf of the scan: nurses have no business with channels.
        self.env["med.his.outbound"].sudo()._queue_charges(recorded.sudo())
        return lines

    @api.model
    def _follow_up(self, department, keys):
        answer = super()._follow_up(department, keys)
        # The nurse of a department sees what became of its charges, and no message.
        Outbound = self.env["med.his.outbound"].sudo()
        own = [("consumption_id.department_id", "child_of", department.id)]
        dead = Outbound.search([*own, ("state", "=", "dead")], limit=100)
        if dead:
            items = dead[:SHOWN].product_id.mapped("name")
            answer["notices"].append(
                self.env._(
                    "%(count)s charges of %(department)s did not reach the hospital's "
                    "system (%(items)s). Charge them there by hand, or ask the "
                    "interface operator to send them again.",
                    count=len(dead),
                    department=department.name,
                    items=", ".join(items),
                )
            )
        if keys:
            found = Outbound.search([*own, ("consumption_id.external_key", "in", keys)])
            behind = found._behind()
            for message in found:
                answer["scans"][message.consumption_id.external_key] = (
                    self._charge_state(message, message in behind)
                )
        return answer

    @api.model
    def _charge_state(self, message, behind):
        if message.state == "sent":
            words = self.env._("Charged")
            refunded = self.env._("Charge taken back")
            return {
                "level": "success",
                "text": words if message.kind == "charge" else refunded,
            }
        if behind:
            return {
                "level": "danger",
                "text": self.env._(
                    "Not charged: an earlier charge of this item was not taken"
                ),
            }
        if message.state == "waiting" and (since := message.channel_id.down_since):
            return {
                "level": "warning",
                "text": self.env._(
                    "The hospital's system is away since %(time)s; charged when it "
                    "is back",
                    time=format_datetime(self.env, since, dt_format="HH:mm"),
                ),
            }
        if message.state == "waiting":
            return {"level": "secondary", "text": self.env._("Charge on its way")}
        return {
            "level": "danger",
            "text": self.env._(
                "Not charged: %(why)s", why=message.problem or message.state
            ),
        }
