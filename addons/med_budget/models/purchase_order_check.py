from odoo import SUPERUSER_ID, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import plaintext2html


class PurchaseOrder(models.Model):
    """The check of orders against budgets.

    It takes the budget lines one order at a time: two orders that together exceed a
    line cannot both pass. Figures come from ``med.budget.line``, the decision from
    core, the words from here.
    """

    # Checking is one idea, what an order keeps of it another: purchase_order.py.
    # pylint: disable-next=consider-merging-classes-inherited
    _inherit = "purchase.order"

    def _check_budget(self):
        """Refuse orders that their budgets do not pay; they count as confirmed now."""
        for orders in self._by_company():
            lines = orders._budget_lines()
            lines._take_turns()
            orders._apply_budget(
                orders._budget_decisions(lines), orders._budget_gaps(lines)
            )
            lines._touch_alerts()

    def _budget_before_change(self, entered=frozenset()):
        """Budgets in force and what could not be checked, before a change.

        ``entered`` are the cost centres that the change names, None where it may lead
        to any: whoever changes other orders need not wait for this one.
        """
        lines = self._budget_lines(entered) if self else self._no_budget_line()
        lines._take_turns()
        gaps = {orders: orders._budget_gaps(lines) for orders in self._by_company()}
        return dict(self._figures_of(lines)), gaps

    def _check_budget_change(self, before):
        """Refuse a change of confirmed orders that their budgets do not pay."""
        figures, known_gaps = before
        lines = self._no_budget_line().union(*figures)
        decisions = {
            line: line._decide(figures[line], after)
            for line, after in self._figures_of(lines)
        }
        lines.filtered(
            lambda line: decisions[line].after != figures[line]
        )._touch_alerts()
        for orders in self._by_company():
            own = {
                line: decision
                for line, decision in decisions.items()
                if line.company_id == orders.company_id
            }
            gaps = orders._budget_gaps(lines)
            orders._apply_budget(
                own, [gap for gap in gaps if gap not in known_gaps[orders]]
            )

    def _budget_decisions(self, lines):
        """What each of ``lines`` says to confirming these orders now."""
        return lines._decisions(self.filtered(lambda order: order.state != "purchase"))

    def _apply_budget(self, decisions, gaps):
        """Let the orders pass, with a message where there is something to say."""
        said = [each for each in decisions.items() if each[1].verdict != "ok"]
        if not said and not gaps:
            return
        text = self._budget_text(said, gaps)
        refused = any(decision.verdict == "block" for _line, decision in said) or (
            gaps and self.company_id.med_budget_missing == "block"
        )
        uncovered = self.filtered(lambda order: not order._covering_override())
        if refused and uncovered and self.env.uid != SUPERUSER_ID:
            raise UserError(
                self.env._(
                    "%(orders)s cannot be confirmed:\n\n%(situation)s\n\n"
                    "Lower the order, or ask finance to revise the budget or to let "
                    "this order pass with a reason.",
                    orders=", ".join(uncovered.mapped("display_name")),
                    situation=text,
                )
            )
        for order in self:
            order.message_post(body=plaintext2html(order._budget_note(refused, text)))

    def _budget_note(self, refused, text):
        override = self._covering_override()
        if refused and override:
            return self.env._(
                "The budget is short; %(person)s let this order pass: %(reason)s\n"
                "%(situation)s",
                person=override.user_id.name,
                reason=override.reason,
                situation=text,
            )
        if refused:
            return self.env._(
                "Confirmed by the system although the budget does not pay it:\n"
                "%(situation)s",
                situation=text,
            )
        return self.env._("Budget warning:\n%(situation)s", situation=text)

    def _by_company(self):
        return list(self.grouped("company_id").values())

    # ---- lines in force ----------------------------------------------------------

    def _no_budget_line(self):
        # Whoever confirms need not see every cost centre's budget to be held to it.
        return self.env["med.budget.line"].sudo()

    def _budget_lines(self, entered=frozenset()):
        """Lines in force for the cost centres of these orders and those ``entered``.

        For all of them where it is None.

        A confirmed order counts on the day of its confirmation, another one today.
        """
        Line = self._no_budget_line()
        domains = []
        for company, orders in self.grouped("company_id").items():
            moments = orders.mapped(
                lambda order: order.state == "purchase" and order.date_approve
            )
            days = {company._med_day(each or fields.Datetime.now()) for each in moments}
            domain = Line._in_force(company, days)
            if entered is not None:
                accounts = {
                    account
                    for line in orders.order_line
                    for account in line._budget_shares()
                }
                accounts |= entered
                domain &= Domain("analytic_account_id", "in", list(accounts))
            domains.append(domain)
        return Line.search(Domain.OR(domains))

    def _figures_of(self, lines):
        figures = lines._figures()
        return [(line, figures[line.id]) for line in lines]

    # ---- what cannot be checked --------------------------------------------------

    def _budget_gaps(self, lines):
        """Why a line of these orders cannot be checked, in sentences.

        Held to a budget is every medical consumable. Other goods are checked where
        their cost centre has a budget.
        """
        gaps = []
        plan = self.company_id.med_analytic_plan_id
        by_account = lines.grouped("analytic_account_id")
        for line in self.order_line:
            # What came and was not ordered costs what is entered later.
            if not line.product_qty or not line.product_id.med_consumable:
                continue
            if not plan:
                return [
                    self.env._(
                        "%(company)s has no plan of cost centres; set it in Settings.",
                        company=self.company_id.name,
                    )
                ]
            gaps += line._budget_gap(plan, by_account)
        return list(dict.fromkeys(gaps))

    # ---- words -------------------------------------------------------------------

    def _budget_text(self, said, gaps):
        """One paragraph per budget line that has something to say, then the gaps."""
        return "\n".join([*(line._text_of(decision) for line, decision in said), *gaps])
