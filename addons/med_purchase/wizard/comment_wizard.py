from odoo import models
from odoo.exceptions import AccessError


class CommentWizard(models.TransientModel):
    _inherit = "comment.wizard"

    def add_comment(self):
        """Comment and decide only what waits for the person who comments."""
        self.ensure_one()
        if not self.env.su:
            self._check_own_turn()
        # On behalf of the reviewer: people have no write access to reviews.
        return super(CommentWizard, self.sudo()).add_comment()

    def _check_own_turn(self):
        document = self.env[self.res_model].browse(self.res_id)
        document.check_access("read")
        turn = document._get_sequences_to_approve(self.env.user)
        foreign = self.review_ids.filtered(
            lambda review: (
                review not in document.review_ids
                or self.env.user not in review.reviewer_ids
                or review.sequence not in turn
            )
        )
        if foreign or not self.review_ids:
            raise AccessError(
                self.env._(
                    "%(document)s does not wait for your decision on this.",
                    document=document.display_name,
                )
            )
