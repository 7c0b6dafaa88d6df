from odoo import api, fields, models
from odoo.addons.med_consumables.models.field_labels import labels_of
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

#: Outcomes of a request's steps that the original leaves open to entry.
OUTCOMES = {"state", "review_ids"}
#: What may still change when the content is under review or agreed.
ALWAYS = {"assigned_to"}
CHATTER = ("message_", "activity_", "my_activity_")


def is_chatter(field_name):
    """Conversation and activities are open in every state."""
    return field_name.startswith(CHATTER)


def outcomes_in(records, vals, outcomes, entered=()):
    """Names in ``vals`` of fields that follow from something else.

    These are the read-only ones and ``outcomes``, except what is ``entered`` although
    it is declared read-only. An empty value in a new record is no entry: clients send
    every field, and a new record's state as it is by default.
    """
    return [
        name
        for name, value in vals.items()
        if (field := records._fields.get(name))
        and not is_chatter(name)
        and (field.readonly or name in outcomes)
        and name not in entered
        and (records or (value and (name, value) != ("state", "draft")))
    ]


class PurchaseRequest(models.Model):
    """The content of a request stands as its reviewers see it.

    A direct write of what follows from steps is refused, and so is a change of content
    outside draft. Whoever entered something does not agree to it.
    """

    # The steps themselves are in purchase_request_approval.py.
    # pylint: disable-next=consider-merging-classes-inherited
    _inherit = "purchase.request"

    entered_by_ids = fields.Many2many(
        "res.users",
        "med_purchase_request_entered_by_rel",
        "request_id",
        "user_id",
        string="Entered by",
        readonly=True,
        copy=False,
        help="Everybody who entered or changed its content; none of them agrees to it.",
    )

    @api.depends("state", "review_ids")
    def _compute_is_editable(self):
        result = super()._compute_is_editable()
        for request in self:
            request.is_editable = request.is_editable and not request.review_ids
        return result

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                self.browse()._check_entered(vals)
        requests = super().create(vals_list)
        if not self.env.su:
            # A default from the context is no way round.
            requests._check_open()
            requests._remember_author()
        return requests

    def write(self, vals):
        if not self.env.su:
            self.check_access("write")
            self._check_entered(vals)
            if any(name not in ALWAYS and not is_chatter(name) for name in vals):
                self._check_open()
                self._remember_author()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_under_review(self):
        if not self.env.su:
            self._check_open()

    def _check_entered(self, vals):
        """Refuse what is the outcome of steps: state, reviews, totals, dates."""
        outcome = outcomes_in(self, vals, OUTCOMES)
        if outcome:
            raise AccessError(
                self.env._(
                    "%(fields)s of a purchase request cannot be entered: they follow "
                    "from its steps. Use the buttons at the top of the request.",
                    fields=labels_of(self, outcome),
                )
            )

    def _remember_author(self):
        """Whoever enters or changes the content does not agree to it afterwards."""
        strange = self.filtered(
            lambda request: self.env.user not in request.sudo().entered_by_ids
        )
        # On behalf of nobody: it is a trace of what the person has just done.
        strange.sudo().write({"entered_by_ids": [Command.link(self.env.uid)]})

    def _check_open(self):
        """Refuse a change of content that somebody reviews or has agreed to."""
        for request in self:
            if request.state != "draft" or request.sudo().review_ids:
                raise UserError(
                    self.env._(
                        "%(request)s is no draft any more (%(state)s), so its content "
                        "stands as the reviewers see it.\n"
                        "Set it back to draft to change it; it is then reviewed anew.",
                        request=request.display_name,
                        state=dict(
                            self._fields["state"]._description_selection(self.env)
                        )[request.state],
                    )
                )

    def _excluded_reviewers(self):
        """Four eyes: neither who needs it nor who entered it agrees to it."""
        authors = self.requested_by | self.create_uid | self.entered_by_ids
        return super()._excluded_reviewers() | authors
