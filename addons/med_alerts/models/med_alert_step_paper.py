from markupsafe import Markup

from odoo import fields, models

from ..core.next_step import Step

PAPERS = ("certificate", "licence")
DELIVERIES = ("stock.picking", "purchase.order")


class MedAlert(models.Model):
    """Papers, deliveries, counts and recalls: ask whoever must move, or go and look.

    To ask means a task on the paper itself, so that it is not forgotten, and a mail to
    the supplier ready to be looked at and sent. Nothing leaves the house by itself.
    """

    _inherit = "med.alert"

    def _next_steps(self):
        steps = super()._next_steps()
        if self.kind in PAPERS:
            steps.append(Step("renew", record=self.partner_id.id))
        elif self.subject_model in DELIVERIES and self.partner_id:
            steps.append(Step("chase", record=self.partner_id.id))
        elif self.kind == "count_difference":
            steps.append(Step("recount"))
        elif self.kind == "recall_open":
            steps.append(Step("open_recall"))
        return steps

    # ---- in words --------------------------------------------------------------------

    def _step_words_renew(self, words):
        if not words["partner"]:
            return self.env._("Ask for the renewal of %(subject)s.", **words)
        return self.env._("Ask %(partner)s for the renewal of %(subject)s.", **words)

    def _step_words_chase(self, words):
        return self.env._("Ask %(partner)s when %(subject)s will come.", **words)

    def _step_words_recount(self, words):
        return self.env._("Count %(product)s again.", **words)

    def _step_words_open_recall(self, words):
        return self.env._(
            "Open %(subject)s and say what was done with each piece.", **words
        )

    # ---- doing it --------------------------------------------------------------------

    def _do_renew(self, step):
        inputs = self.inputs or {}
        return self._ask_partner(
            self.env._("Renewal of %(subject)s", subject=self.subject_name),
            self.env._(
                "%(subject)s ends on %(day)s. Please send us the renewed document in "
                "time.",
                subject=self.subject_name,
                day=self._format_day(fields.Date.to_date(inputs.get("valid_to"))),
            ),
        )

    def _do_chase(self, step):
        inputs = self.inputs or {}
        order = inputs.get("origin") or inputs.get("order") or self.subject_name
        return self._ask_partner(
            self.env._("Delivery of %(order)s", order=order),
            self.env._(
                "%(order)s was promised for %(day)s and has not arrived in full. "
                "Please tell us on which day it will come.",
                order=order,
                day=self._format_day(fields.Date.to_date(inputs.get("promised"))),
            ),
        )

    def _ask_partner(self, subject, text):
        """A task on the paper for whoever acts, and a mail to look at first."""
        # The paper need not be the person's own to write; the task is about it.
        paper = self.sudo().env[self.subject_model].browse(self.subject_id)
        paper.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=subject,
            note=text,
            user_id=(self.responsible_id or self.env.user).id,
        )
        partner = self.partner_id.sudo()
        readable = self.env[self.subject_model].has_access("read")
        if not partner.email or not readable:
            return True
        body = Markup("<p>%s</p>") % text
        items = self._format_items() or self.product_id.display_name
        if items:
            body += Markup("<p>%s</p>") % items
        return {
            "type": "ir.actions.act_window",
            "name": subject,
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_composition_mode": "comment",
                "default_model": self.subject_model,
                "default_res_ids": [self.subject_id],
                "default_partner_ids": partner.ids,
                "default_subject": subject,
                "default_body": body,
            },
        }

    def _do_recount(self, step):
        """The pile is due to be counted today, by whoever acts."""
        # Planning a count is not the person's own to write; see stock.quant.
        piles = (
            self.env["stock.quant"]
            .sudo()
            .search(
                [
                    ("product_id", "=", self.product_id.id),
                    ("location_id", "=", self.location_id.id),
                    ("lot_id", "=", self.lot_id.id),
                ]
            )
        )
        piles.write(
            {
                "inventory_date": fields.Date.context_today(self),
                "user_id": (self.responsible_id or self.env.user).id,
            }
        )
        return True

    def _do_open_recall(self, step):
        return self.action_view_subject()
