from datetime import timedelta

from odoo import api, fields, models

#: What decides whether a contract runs out, and whether another one follows it.
TOLD = {"state", "date_end", "active", "vendor_id", "line_ids", "requisition_type"}


class PurchaseRequisition(models.Model):
    """A blanket order is a contract: prices of a supplier that hold for some time."""

    _inherit = "purchase.requisition"

    med_renewed_by_id = fields.Many2one(
        "purchase.requisition",
        string="Followed By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The draft or contract that was made to follow this one.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        contracts = super().create(vals_list)
        contracts._med_touch_alerts()
        return contracts

    def write(self, vals):
        before = self._med_of_same_vendors() if vals.keys() & TOLD else self.browse()
        result = super().write(vals)
        if vals.keys() & TOLD:
            before._med_touch_alerts()
            self._med_touch_alerts()
        return result

    def _med_touch_alerts(self):
        """Rules look again at these, and at what these may follow."""
        touched = self | self._med_of_same_vendors()
        self.env["med.alert.touch"]._touch_records("contract", touched.ids)

    def _med_of_same_vendors(self):
        # Whoever changes one contract need not see the others that it may follow.
        return self.sudo().search(
            [
                ("vendor_id", "in", self.sudo().vendor_id.ids),
                ("requisition_type", "=", "blanket_order"),
                ("state", "=", "confirmed"),
            ]
        )

    def _med_renewed(self):
        """Those of these contracts that another one in force follows.

        It is of the same supplier and company, ends later (or never), and agrees a
        price for every item of the one before.
        """
        by_vendor = self._med_of_same_vendors().grouped(
            lambda each: (each.vendor_id, each.company_id)
        )
        return self.filtered(
            lambda contract: any(
                contract._med_is_followed_by(other)
                for other in by_vendor.get(
                    (contract.vendor_id, contract.company_id), ()
                )
            )
        )

    def _med_is_followed_by(self, other):
        later = not other.date_end or other.date_end > self.date_end
        items = self.line_ids.product_id
        return other != self and later and items <= other.line_ids.product_id

    def _med_successor(self):
        """The draft that follows this contract, made once: same items and prices."""
        self.ensure_one()
        draft = self.med_renewed_by_id
        if draft.exists() and draft.state != "cancel":
            return draft
        length = self.date_start and self.date_end - self.date_start
        begins = self.date_end + timedelta(days=1)
        draft = self.copy(
            {
                "date_start": begins,
                "date_end": begins + length if length else False,
                "reference": False,
            }
        )
        self.med_renewed_by_id = draft
        return draft


class PurchaseRequisitionLine(models.Model):
    _inherit = "purchase.requisition.line"

    def _create_supplier_info(self):
        """The price of a contract, with the lead time that the supplier is known by.

        The original says that what is under contract comes within a day.
        """
        known = self.product_id.with_company(self.company_id)._select_seller(
            partner_id=self.requisition_id.vendor_id, quantity=None
        )
        delay = known.delay if known else None
        result = super()._create_supplier_info()
        if delay is not None:
            # Prices are made on behalf of whoever confirms the contract; see super.
            self.sudo().supplier_info_ids.delay = delay
        return result
