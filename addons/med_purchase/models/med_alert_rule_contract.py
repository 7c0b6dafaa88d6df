from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.med_alerts.core.kind import Kind, Measure
from odoo.fields import Domain


class MedAlertRule(models.Model):
    """A contract with a supplier runs out: a blanket order that holds for some time."""

    _inherit = "med.alert.rule"

    kind = fields.Selection(
        selection_add=[("contract", "Contract with a supplier runs out")],
        ondelete={"contract": "cascade"},
    )

    @api.model
    def _kinds(self):
        return {**super()._kinds(), "contract": Kind("paper", unit="days")}

    @api.model
    def _trace_subjects(self):
        subjects = defaultdict(dict, super()._trace_subjects())
        agreements = "purchase.requisition"
        subjects[agreements]["contract"] = (agreements, "id")
        subjects["res.partner"]["contract"] = (agreements, "vendor_id")
        return dict(subjects)

    def _measure_contract(self, look):
        """Days until a contract that nothing follows ends; below zero afterwards."""
        if look.pairs is not None:
            return
        now = fields.Datetime.now()
        domain = self._contract_domain()
        if look.records is not None:
            domain &= Domain("id", "in", list(look.records))
        if not look.full:
            longest = max(self.level_ids.mapped("threshold"), default=0)
            # A day to spare: the days of companies begin at different hours.
            domain &= Domain("date_end", "<=", now.date() + timedelta(days=longest + 1))
        contracts = self.env["purchase.requisition"].search(domain)
        for contract in contracts - contracts._med_renewed():
            items = contract.line_ids.product_id
            yield Measure(
                key=f"contract {contract.id}",
                measured=(contract.date_end - contract.company_id._med_day(now)).days,
                values={
                    "subject_model": contract._name,
                    "subject_id": contract.id,
                    "subject_name": contract.reference or contract.name,
                    "partner_id": contract.vendor_id.id,
                    "company_id": contract.company_id.id,
                },
                inputs={
                    "valid_to": str(contract.date_end),
                    "item_ids": items[:3].ids,
                    "item_count": len(items),
                    "named_id": contract.user_id.id,
                },
            )

    def _contract_domain(self):
        """Contracts in force, or past their end and not closed, that this watches."""
        domain = Domain("requisition_type", "=", "blanket_order")
        domain &= Domain("state", "=", "confirmed") & Domain("date_end", "!=", False)
        if self.company_id:
            domain &= Domain("company_id", "=", self.company_id.id)
        if self.supplier_ids:
            partners = self.supplier_ids.commercial_partner_id
            domain &= Domain("vendor_id", "child_of", partners.ids)
        elif not self._watches_every_product():
            domain &= Domain("line_ids.product_id", "any", self._product_domain())
        return domain

    def _explain_contract(self, alert):
        words = self._paper_words(alert)
        return self.env._(
            "%(paper)s with %(supplier)s %(ends)s, which is at or below %(threshold)s "
            "days.\n"
            "It agrees the prices of %(items)s. Nothing follows it yet.",
            paper=words["paper"],
            ends=words["ends"],
            supplier=alert.partner_id.display_name or "",
            threshold=alert._format_quantity(alert.threshold),
            items=alert._format_items(),
        )

    def _why_no_measure(self, product=None, place=None):
        if self.kind != "contract":
            return super()._why_no_measure(product, place)
        return self.env._(
            "No contract is in force that has a last day, or another one follows it, "
            "or it is outside the scope of the rule."
        )
