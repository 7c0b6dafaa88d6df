from odoo import api, models


class TierValidation(models.AbstractModel):
    """Approvals are written by the approval engine alone.

    People have no write access to reviews (see ``tier.review``). The engine's own
    methods run elevated on behalf of the person who acts: ``env.user`` stays that
    person, so who may decide is still read from the review's reviewers.
    """

    _inherit = "tier.validation"

    @api.depends("review_ids")
    def _compute_need_validation(self):
        # The original declares no dependency, and so asks twice in one transaction.
        return super()._compute_need_validation()

    def unlink(self):
        self.check_access("unlink")
        # Reviews go with their document, whoever may delete it.
        self.sudo().review_ids.unlink()
        return super().unlink()

    def request_validation(self):
        self.check_access("write")
        # On behalf of whoever submits: the engine makes the reviews.
        elevated = super(TierValidation, self.sudo())
        return elevated.request_validation().sudo(self.env.su)

    def restart_validation(self):
        self.check_access("write")
        # On behalf of whoever withdraws: the engine drops the reviews.
        return super(TierValidation, self.sudo()).restart_validation()

    def _validate_tier(self, tiers=False):
        # On behalf of the reviewer; the engine approves only reviews of env.user.
        elevated = super(TierValidation, self.sudo())
        return elevated._validate_tier(tiers and tiers.sudo())

    def _rejected_tier(self, tiers=False):
        # On behalf of the reviewer; the engine rejects only reviews of env.user.
        elevated = super(TierValidation, self.sudo())
        return elevated._rejected_tier(tiers and tiers.sudo())

    def _tier_validation_check_write_remove_reviews(self, vals):
        # On behalf of whoever may set the document back; checked by write itself.
        elevated = super(TierValidation, self.sudo())
        return elevated._tier_validation_check_write_remove_reviews(vals)

    def _excluded_reviewers(self):
        """People who may not review this document although their group may."""
        return self.env["res.users"]
