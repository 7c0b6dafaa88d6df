from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

#: Whoever supplies departments asks for them, too.
ASK_FOR_ALL = (
    "med_consumables.group_storekeeper",
    "med_replenishment.group_planner",
    "purchase.group_purchase_user",
)


class PurchaseRequest(models.Model):
    """A request that nobody can agree to on behalf of somebody else.

        draft ──> to_approve ──> approved ──> in_progress ──> done
          ▲           │  │           │             │
          └───────────┘  └> rejected <─────────────┘

    ``to_approve`` freezes the content and asks the reviewers; the last approval moves
    the request on by itself. States move by these buttons only; what else is refused is
    in purchase_request_guard.py. The superuser (scheduler, scripts) is not bound; the
    buttons elevate after they have checked.
    """

    # Approving is one idea, what is asked for is another: purchase_request.py.
    # pylint: disable-next=consider-merging-classes-inherited
    _inherit = "purchase.request"
    _state_from = ["draft", "to_approve"]

    approved_on = fields.Datetime(
        string="Approved on",
        readonly=True,
        copy=False,
        help="When the last approval was given; the request counts from here on.",
    )

    @api.depends("state")
    def _compute_need_validation(self):
        return super()._compute_need_validation()

    def write(self, vals):
        if vals.get("state") == "approved":
            vals = {**vals, "approved_on": fields.Datetime.now()}
        return super().write(vals)

    # Steps. Each checks who and from where, then moves the request elevated.

    def button_to_approve(self):
        """Submit: freeze the content and ask the reviewers."""
        self.request_validation()
        return True

    def request_validation(self):
        self.check_access("write")
        drafts = self.filtered(lambda request: request.state == "draft")
        drafts.to_approve_allowed_check()
        drafts._check_own_department()
        # On behalf of the requester, who may submit and not otherwise move it.
        drafts.sudo().write({"state": "to_approve"})
        reviews = super().request_validation()
        self._check_route(reviews)
        return reviews

    def _check_own_department(self):
        """Refuse a request for the money of a department that is not one's own.

        Store, planning and purchasing ask for everybody, and so does whoever was made
        a requester without being of a department (a secretary).
        """
        user = self.env.user
        if self.env.su or not user.med_department_ids:
            return
        if any(map(user.has_group, ASK_FOR_ALL)):
            return
        Department = self.env["med.department"]
        own = Department.search([("id", "child_of", user.med_department_ids.ids)])
        for request in self:
            if request.department_id - own:
                raise UserError(
                    self.env._(
                        "%(request)s is for %(department)s, whose money you do not "
                        "answer for. Ask for one of your departments, or ask the "
                        "manager of that one.",
                        request=request.display_name,
                        department=request.department_id.sudo().display_name,
                    )
                )

    def _check_route(self, reviews):
        """A request without a reviewer would wait for ever, or pass unseen."""
        if self.env.su:
            return
        nobody = reviews.sudo().filtered(lambda review: not review.reviewer_ids)
        if nobody:
            raise UserError(
                self.env._(
                    "Nobody but the requester can take the decision “%(review)s”.\n"
                    "Ask the administrator to give another person the role "
                    "%(role)s.",
                    review=nobody[0].name,
                    role=nobody[0].reviewer_group_id.full_name or "",
                )
            )
        stranded = self.filtered(lambda request: not request.sudo().review_ids)
        if stranded:
            raise UserError(
                self.env._(
                    "No approval route applies to %(request)s, so nobody could agree "
                    "to it.\nAsk the administrator to set one up under "
                    "Configuration, Approval Routes.",
                    request=stranded[0].display_name,
                )
            )

    def validate_tier(self):
        self._check_my_turn()
        return super().validate_tier()

    def reject_tier(self):
        self._check_my_turn()
        return super().reject_tier()

    def _check_my_turn(self):
        """Refuse a decision of somebody whose decision is not asked for now."""
        for request in self:
            if not request._get_sequences_to_approve(self.env.user):
                raise UserError(
                    self.env._(
                        "%(request)s does not wait for your decision. "
                        "Its approvals show whom it waits for.",
                        request=request.display_name,
                    )
                )

    def _validate_tier(self, tiers=False):
        result = super()._validate_tier(tiers)
        for request in self:
            if request.state == "to_approve" and request._is_agreed():
                # The last reviewer's decision moves the request.
                request.sudo().button_approved()
        return result

    def _rejected_tier(self, tiers=False):
        result = super()._rejected_tier(tiers)
        for request in self:
            reviews = request.sudo().review_ids  # readable together with the request
            rejected = "rejected" in reviews.mapped("status")
            if rejected and request.state == "to_approve":
                request._under_review().write({"state": "rejected"})
        return result

    def _is_agreed(self):
        """Whoever was asked has approved; the stored status is not asked."""
        reviews = self.sudo().review_ids  # readable only together with the request
        return bool(reviews) and all(review._counts() for review in reviews)

    def button_approved(self):
        """Approve. For people this can only confirm what every reviewer agreed to."""
        if not self.env.su:
            self._check_step("to_approve")
            for request in self:
                if not request._is_agreed():
                    raise UserError(
                        self.env._(
                            "%(request)s is not agreed to yet. It moves on by itself "
                            "when the last reviewer approves.\n"
                            "If all have: one of them may not decide on it (any more). "
                            "Set it back to draft and submit it anew.",
                            request=request.display_name,
                        )
                    )
        return super(PurchaseRequest, self.sudo()).button_approved()

    def button_in_progress(self):
        """Ordering has begun."""
        if not self.env.su:
            self._check_step("approved", "in_progress", buyer=True)
        return super(PurchaseRequest, self.sudo()).button_in_progress()

    def button_done(self):
        """Close: all was received, or the rest is not needed any more."""
        if not self.env.su:
            self._check_step("approved", "in_progress", buyer=True)
        return super(PurchaseRequest, self.sudo()).button_done()

    def button_rejected(self):
        """The buyer turns a request down, also after it was approved."""
        if not self.env.su:
            self._check_step("to_approve", "approved", "in_progress", buyer=True)
        return super(PurchaseRequest, self._under_review()).button_rejected()

    def button_draft(self):
        """Set back to draft to change it; what was decided is void."""
        if not self.env.su:
            agreed = self.filtered(lambda request: request.state == "approved")
            (self - agreed)._check_step("to_approve", "rejected")
            if agreed:
                agreed._check_step("approved", buyer=True)
        self.sudo().review_ids.unlink()  # on behalf of whoever sets it back
        return super(PurchaseRequest, self.sudo()).button_draft()

    def restart_validation(self):
        """Withdrawing the question sets the request back to draft."""
        return self.button_draft()

    def _add_tier_validation_buttons(self, node, params):
        """Only the status: the form's own buttons submit and withdraw."""
        buttons = super()._add_tier_validation_buttons(node, params)
        for button in buttons.findall("button"):
            buttons.remove(button)
        return buttons

    @api.private
    def check_auto_reject(self):
        # Follows from the cancelled lines, whoever may cancel them.
        return super(PurchaseRequest, self.sudo()).check_auto_reject()

    def _check_step(self, *states, buyer=False):
        """Refuse a step from another state, or by whom it does not belong to."""
        self.check_access("read" if buyer else "write")
        if buyer and not self.env.user.has_group("purchase.group_purchase_user"):
            raise AccessError(
                self.env._("This step of a purchase request belongs to the buyers.")
            )
        labels = dict(self._fields["state"]._description_selection(self.env))
        for request in self:
            if request.state not in states:
                raise UserError(
                    self.env._(
                        "%(request)s is in the state “%(state)s”, from which this "
                        "step does not lead on.",
                        request=request.display_name,
                        state=labels[request.state],
                    )
                )

    def _under_review(self):
        """Elevated, to end a review; the caller has checked who and from where."""
        return self.sudo().with_context(skip_validation_check=True)

    def _close_received(self):
        """Close requests of which everything has been received."""
        for request in self:
            lines = request.line_ids.filtered(lambda line: not line.cancelled)
            if (
                request.state in ("approved", "in_progress")
                and lines
                and not any(
                    line._uom().compare(line.pending_qty_to_receive, 0.0) > 0
                    for line in lines
                )
            ):
                request.button_done()
                request.message_post(
                    body=self.env._("Everything was received; the request is closed."),
                    subtype_xmlid="purchase_request.mt_request_done",
                )
