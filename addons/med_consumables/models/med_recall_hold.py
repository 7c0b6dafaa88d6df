from odoo import api, models
from odoo.fields import Domain

from .spoken_to import spoken_to


class MedRecall(models.Model):
    """Holding the lots of a recall, those that come in late too, and telling people."""

    _inherit = "med.recall"

    def _hold(self, lots):
        self.ensure_one()
        # A recall holds every lot at once, also where its leader may not write lots.
        lots = lots.sudo()
        by_hand = lots.filtered(lambda lot: lot.med_hold and not lot.med_recall_id)
        for reason, same in by_hand.grouped("med_hold_reason").items():
            same.med_hold_before = reason or self.env._("No reason was given")
        lots.write(
            {
                "med_hold": True,
                "med_hold_reason": self.env._(
                    "Recall %(recall)s", recall=self.display_name
                ),
                "med_recall_id": self.id,
            }
        )

    def _release(self, lots):
        """As before, these lots are held by another recall, by hand, or free."""
        own = lots.sudo().filtered(lambda lot: lot.med_recall_id == self)  # see _hold
        for other in self.sudo().search(
            [
                ("id", "!=", self.id),
                ("state", "in", ("in_work", "closed")),
                ("lot_ids", "in", own.ids),
            ]
        ):
            other._hold(own & other.lot_ids)
            own -= other.lot_ids
        own.write({"med_recall_id": False})
        for reason, same in own.grouped("med_hold_before").items():
            same.write(
                {
                    "med_hold": bool(reason),
                    "med_hold_reason": reason,
                    "med_hold_before": False,
                }
            )

    @api.model
    def _catch(self, move_lines):
        """Goods came in: what belongs to a running recall is held and listed."""
        # On behalf of the recall, whoever receives.
        running = self.sudo().search(
            [
                ("state", "=", "in_work"),
                ("company_id", "in", move_lines.company_id.ids),
            ]
        )
        for recall in running:
            new = move_lines.lot_id.filtered(lambda lot: not lot.med_recall_id)
            criteria = recall._criteria()
            if criteria and new:
                new = new.sudo().search(criteria & Domain("id", "in", new.ids))
            else:
                new = new.browse()
            if new:
                recall.lot_ids |= new
            late = move_lines.lot_id & recall.lot_ids
            if late:
                recall._look()
                recall._say_late(late)

    def _say_late(self, lots):
        recall = spoken_to(self, self.manager_id)
        text = recall.env._(
            "Late stock came in and is held: %(lots)s.",
            lots=", ".join(lots.with_env(recall.env).mapped("display_name")),
        )
        recall.message_post(body=text)
        recall.activity_schedule(
            "mail.mail_activity_data_todo", summary=text, user_id=self.manager_id.id
        )

    def _tell_departments(self):
        """A task for the head of each department that has or used some."""
        departments = self.sudo().line_ids.department_id
        heads = departments._med_heads(departments.ids)
        reader = self.env.ref("med_consumables.group_ward_user")
        for user in self.env["res.users"].browse(set(filter(None, heads.values()))):
            if reader in user.all_group_ids or user == self.manager_id:
                self.sudo().activity_schedule(  # whoever starts may tell all
                    "mail.mail_activity_data_todo",
                    summary=spoken_to(self, user).env._(
                        "Recall: find the pieces and bring them back"
                    ),
                    user_id=user.id,
                )
