from odoo import api, models
from odoo.exceptions import AccessError


class TierReview(models.Model):
    """A decision that is asked for, or was taken; nobody writes one by hand.

    The access rights of ``base_tier_validation`` let every internal user create,
    change and delete reviews. Only the engine may (``tier.validation``).
    """

    _inherit = "tier.review"

    @api.model_create_multi
    def create(self, vals_list):
        self._check_engine()
        return super().create(vals_list)

    def write(self, vals):
        self._check_engine()
        return super().write(vals)

    def unlink(self):
        self._check_engine()
        return super().unlink()

    def _check_engine(self):
        if not self.env.su:
            raise AccessError(
                self.env._(
                    "Approvals are not entered by hand. "
                    "Open the document and use its buttons to decide."
                )
            )

    def _update_review_status(self):
        # Opening the approvals' counter promotes reviews whose turn has come.
        return super(TierReview, self.sudo())._update_review_status()

    def _counts(self):
        """Approved by one of those it is asked of now; not by an author, whatever
        stands in the database."""
        self.ensure_one()
        # Who has left the hospital since has decided all the same.
        review = self.with_context(active_test=False)
        return review.status == "approved" and review.done_by in review._get_reviewers()

    @api.model
    def _get_reviewer_fields(self):
        return [*super()._get_reviewer_fields(), "reviewer_group_id.all_user_ids"]

    def _get_reviewers(self):
        """Also people whose role implies the group; never who asks for the thing."""
        reviewers = super()._get_reviewers()
        if self.reviewer_group_id and not self.reviewer_id:
            reviewers |= self.reviewer_group_id.all_user_ids
        if self.definition_id.exclude_requester:
            document = self.env[self.model].browse(self.res_id)
            reviewers -= self.requested_by | document._excluded_reviewers()
        return reviewers
