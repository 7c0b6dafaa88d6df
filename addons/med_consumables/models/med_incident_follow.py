from markupsafe import Markup

from odoo import api, fields, models

from ..core.incident import ABOUT_THE_BOOKS, ABOUT_THE_LOT
from .spoken_to import spoken_to


class MedIncident(models.Model):
    """Lines of the ledger open, change and close their incidents themselves."""

    _inherit = "med.incident"

    @api.model
    def _follow(self, kinds):
        """Bring incidents in line with ``{ledger line: kind or None}``."""
        # On behalf of the ledger: whoever records a use may not write incidents.
        ids = [line.incident_id.id for line in kinds if line.incident_id]
        known = self.sudo().browse(ids)
        by_line = {incident.consumption_id: incident for incident in known}
        fresh, over = [], self.sudo().browse()
        for line, kind in kinds.items():
            incident = by_line.get(line)
            if kind and not incident:
                fresh.append((line, kind))
            elif incident and kind:
                incident._goes_on(kind)
            elif incident and incident.code in ABOUT_THE_BOOKS:
                over |= incident.filtered(lambda each: each.state != "closed")
        if over:
            over._close_by_itself()
        if fresh:
            self.sudo()._open(fresh)

    @api.model
    def _open(self, fresh):
        """Open the incidents of ``[(ledger line, kind)]``."""
        owners = self.env["med.department"]._med_heads(
            {line.department_id.id for line, _kind in fresh}
        )
        incidents = self.with_context(mail_create_nosubscribe=True).create(
            [
                {
                    "consumption_id": line.id,
                    "code": kind,
                    "owner_id": owners.get(line.department_id.id),
                }
                for line, kind in fresh
            ]
        )
        incidents._make_activities()
        return incidents

    def _goes_on(self, kind):
        """The line is still in trouble, perhaps of another kind."""
        self.ensure_one()
        settled = self.state == "closed" and self.closed_by_id
        if kind == self.code and kind in ABOUT_THE_LOT and settled:
            return  # a person has seen to it
        changed = {} if kind == self.code else {"code": kind}
        if self.state == "closed":
            self._reopen(changed)
        elif changed:
            self.write(changed)

    def _reopen(self, values):
        again = self.filtered(lambda incident: incident.state == "closed")
        again.write(
            {"state": "open", "closed_at": False, "closed_by_id": False, **values}
        )
        for incident in again:
            incident.message_post(body=self.env._("Open again: it is not settled yet."))
        again._make_activities()

    def _close_by_itself(self):
        text = self.env._("The line was posted; nothing is left to do.")
        for incident in self:
            incident.write(
                {
                    "state": "closed",
                    "resolution": incident.resolution or text,
                    "closed_at": fields.Datetime.now(),
                    "closed_by_id": False,
                }
            )
            incident.message_post(body=Markup("<p>%s</p>") % text)
        self._end_activities()

    def _make_activities(self):
        """A task for each owner who has none for it yet."""
        owned = self.filtered("owner_id")
        if not owned:
            return
        has_task = {
            (activity.res_id, activity.user_id)
            for activity in self.env["mail.activity"].search(
                [("res_model", "=", self._name), ("res_id", "in", owned.ids)]
            )
        }
        model_id = self.env["ir.model"]._get_id(self._name)
        todo = self.env.ref("mail.mail_activity_data_todo")
        # One message an incident would bury its owner; the task list shows them all.
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(
            [
                {
                    "res_model_id": model_id,
                    "res_id": incident.id,
                    "activity_type_id": todo.id,
                    "user_id": incident.owner_id.id,
                    "summary": spoken_to(incident, incident.owner_id).display_name,
                    "date_deadline": fields.Date.today(),
                }
                for incident in owned
                if (incident.id, incident.owner_id) not in has_task
            ]
        )

    def _end_activities(self):
        self.env["mail.activity"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        ).action_done()
