from odoo import SUPERUSER_ID, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import plaintext2html


class PurchaseRequest(models.Model):
    """What the budgets say to a request before it is agreed to.

    An approved request reserves its money: without a word here, the next order of the
    cost centre would be the first to hear that none is left.
    """

    _inherit = "purchase.request"

    def button_approved(self):
        """Say, or refuse, what the budgets do not pay; the company decides which."""
        for company, requests in self.grouped("company_id").items():
            if company.med_budget_request != "pass":
                requests._check_budget(company)
        return super().button_approved()

    def action_view_budget(self):
        """What each cost centre's budget says to this request, before agreeing."""
        self.ensure_one()
        return self.env["med.budget.check"]._open(self)

    def _check_budget(self, company):
        for request in self:
            said = [
                line._text_of(decision)
                for line, decision in request._budget_decisions().items()
                if decision.verdict != "ok"
            ]
            if not said:
                continue
            text = "\n".join(said)
            # The system is told and not stopped, as it is by orders.
            if company.med_budget_request == "block" and self.env.uid != SUPERUSER_ID:
                raise UserError(
                    self.env._(
                        "%(request)s cannot be approved:\n\n%(situation)s\n\n"
                        "Turn it down or set it back to be lowered, or ask finance to "
                        "revise the budget.",
                        request=request.display_name,
                        situation=text,
                    )
                )
            request.message_post(
                body=plaintext2html(
                    self.env._("Budget warning:\n%(situation)s", situation=text)
                )
            )

    def _budget_decisions(self):
        """What each budget line says to approving this request today."""
        self.ensure_one()
        # Whoever agrees need not see every cost centre's budget to be told.
        Line = self.env["med.budget.line"].sudo()
        company = self.company_id
        accounts = {
            int(account)
            for line in self.line_ids
            for named in line.analytic_distribution or {}
            for account in named.split(",")
        }
        lines = Line.search(
            Line._in_force(company, [company._med_day(fields.Datetime.now())])
            & Domain("analytic_account_id", "in", list(accounts))
        )
        return lines._decisions(self)
