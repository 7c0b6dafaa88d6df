from odoo import api, fields, models
from odoo.exceptions import UserError

from .spoken_to import spoken_to


class MedRequisition(models.Model):
    """Who decides on a request, and how they hear of it."""

    _inherit = "med.requisition"

    may_approve = fields.Boolean(compute="_compute_may_approve")

    @api.depends("state", "department_id", "asked_by_id")
    @api.depends_context("uid")
    def _compute_may_approve(self):
        for requisition in self:
            requisition.may_approve = (
                requisition.state == "asked" and not requisition._why_not_approve()
            )

    def _deciding_department(self):
        """Extension point: whose manager approves."""
        self.ensure_one()
        return self.department_id

    def _why_not_approve(self):
        """A sentence why this user may not decide, or nothing where they may.

        Who asks does not approve, unless nobody manages the department.
        """
        self.ensure_one()
        user, department = self.env.user, self._deciding_department()
        works_here = bool(department._filtered_own()) or department.manager_id == user
        administers = user.has_group("med_consumables.group_administrator")
        manages = user.has_group("med_consumables.group_ward_manager") and works_here
        if not department.manager_id and works_here:
            return ""
        if not (manages or administers):
            return self.env._(
                "Only the manager of %(department)s approves or refuses this request.",
                department=department.display_name,
            )
        if self.asked_by_id == user:
            return self.env._(
                "You asked for this yourself; somebody else has to approve it."
            )
        return ""

    def _check_may_approve(self):
        for requisition in self:
            if why_not := requisition._why_not_approve():
                raise UserError(
                    self.env._(
                        "%(requisition)s: %(why_not)s",
                        requisition=requisition.name,
                        why_not=why_not,
                    )
                )

    def _tell_who_decides(self):
        for requisition in self:
            manager = requisition._deciding_department().manager_id
            if manager and manager != self.env.user:
                # The manager of another ward may be told without being seen.
                requisition.sudo().activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=spoken_to(self, manager).env._("Approve or refuse"),
                    user_id=manager.id,
                )
