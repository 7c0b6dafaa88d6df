from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..core.preference import learn

#: Fewer cases than this teach nothing.
LEAST_CASES = 5
#: Cases older than this are another way of working.
DAYS = 365
#: A learned card that differs by less than this share of its expected use is no news.
NEWS = 0.2


class MedPreferenceCardLearn(models.Model):
    """A card learned from what past cases used; a manager approves it."""

    _inherit = "med.preference.card"

    def action_learn(self):
        """Fill these drafts from the use of past cases of their procedure."""
        self._check_draft()
        self.check_access("write")
        used = self._use_per_case(self.procedure_id)
        for card in self:
            cases = used.get(card._key(), [])
            if len(cases) < LEAST_CASES:
                raise UserError(
                    self.env._(
                        "%(card)s: only %(count)s cases of the last year are known "
                        "with their use; %(least)s are needed. Write the card by hand.",
                        card=card.display_name,
                        count=len(cases),
                        least=LEAST_CASES,
                    )
                )
            card._fill(cases)
        return True

    @api.model
    def _cron_learn(self):
        """Offer a draft wherever past use says something new."""
        procedures = self.env["med.procedure"].search([("active", "=", True)])
        in_force = procedures._card_by_department()
        drafts = self.search([("state", "=", "draft"), ("case_count", ">", 0)])
        waiting = {card._key() for card in drafts}
        for key, cases in self._use_per_case(procedures).items():
            procedure_id, department_id = key
            if not department_id or len(cases) < LEAST_CASES or key in waiting:
                continue
            card = in_force.get(key) or in_force.get((procedure_id, False))
            if card and not card._is_news(cases):
                continue
            fresh = self.create(
                {"procedure_id": procedure_id, "department_id": department_id}
            )
            fresh._fill(cases)

    @api.model
    def _use_per_case(self, procedures):
        """``{(procedure id, department id): [{product: units} of each case]}``.

        The key with False as its department has the cases of all departments.
        """
        since = fields.Datetime.now() - timedelta(days=DAYS)
        groups = self.env["med.case.use"]._read_group(
            [
                ("procedure_id", "in", procedures.ids),
                ("case_id.state", "=", "done"),
                ("start", ">=", since),
                ("used_qty", ">", 0),
            ],
            ["procedure_id", "department_id", "case_id", "product_id"],
            ["used_qty:sum"],
        )
        cases = defaultdict(dict)
        for procedure, department, case, product, quantity in groups:
            cases[procedure.id, department.id, case.id][product] = quantity
        used = defaultdict(list)
        for (procedure_id, department_id, _case), use in cases.items():
            used[procedure_id, department_id].append(use)
            used[procedure_id, False].append(use)
        return used

    def _fill(self, cases):
        """Replace the items by what these cases teach."""
        self.ensure_one()
        learned = sorted(
            learn(cases),
            key=lambda each: (-each.share, each.item.display_name),
        )
        # The figures of learning are read-only to people.
        self.sudo().write(
            {
                "case_count": len(cases),
                "line_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "sequence": number,
                                "product_id": each.item.id,
                                "quantity": each.item.uom_id.round(each.enough),
                                "expected_qty": each.expected,
                                "deviation": each.deviation,
                                "share": each.share,
                            }
                        )
                        for number, each in enumerate(learned, start=1)
                    ),
                ],
            }
        )

    def _is_news(self, cases):
        """Whether past use differs from the card by more than a little."""
        self.ensure_one()
        now = {line.product_id: line.expected_qty for line in self.line_ids}
        then = {each.item: each.expected for each in learn(cases)}
        return any(
            abs(then.get(item, 0.0) - now.get(item, 0.0))
            > NEWS * max(now.get(item, 0.0), then.get(item, 0.0))
            for item in now.keys() | then.keys()
        )
