from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models


class StockWarehouseOrderpoint(models.Model):
    """What lies elsewhere unused is moved before more is bought."""

    _inherit = "stock.warehouse.orderpoint"

    med_transfer_qty = fields.Float(
        string="Could Come from Elsewhere",
        digits="Product Unit",
        compute="_compute_med_transfer_qty",
        help="Units that proposed transfers would bring. For a few days a purchase "
        "waits for them.",
    )

    def _compute_med_transfer_qty(self):
        offers = self._med_offers()
        for orderpoint in self:
            orderpoint.med_transfer_qty = offers.get(orderpoint.id, 0.0)

    def _compute_qty_to_order_computed(self):
        """What a fresh transfer proposal would bring is not bought yet.

        For the days of the company; after that the purchase goes out, for nobody waits
        for ever for somebody else to decide. A mere proposal is not on the way, so
        alerts do not count it (see ``_med_on_the_way``).
        """
        result = super()._compute_qty_to_order_computed()
        for id_, units in self._med_offers().items():
            rule = self.browse(id_)
            left = max(rule.qty_to_order_computed - units, 0.0)
            rule.qty_to_order_computed = left and rule._get_multiple_rounded_qty(left)
        return result

    def _med_order_anew(self):
        """What is to be ordered follows, for whoever asks next."""
        self.env.add_to_compute(self._fields["qty_to_order_computed"], self)
        self.invalidate_recordset(["qty_to_order"], flush=False)

    def _med_offers(self):
        """Units that fresh proposals would bring: ``{orderpoint id: units}``."""
        if not self:
            return {}
        # Whoever orders need not see the departments' proposals.
        Proposal = self.env["med.transfer.proposal"].sudo()
        groups = Proposal._read_group(
            [
                ("state", "=", "proposed"),
                ("product_id", "in", self.product_id.ids),
                ("company_id", "in", self.company_id.ids),
            ],
            ["product_id", "receiver_id", "proposed_on:day"],
            ["quantity:sum"],
        )
        offered = defaultdict(list)
        for product, receiver, day, quantity in groups:
            place = product.id, receiver.stock_location_id.id
            offered[place].append((fields.Date.to_date(day), quantity))
        now, offers = fields.Datetime.now(), {}
        for orderpoint in self if offered else ():
            company = orderpoint.company_id
            days = timedelta(days=company.med_transfer_first_days)
            since = company._med_day(now) - days
            offers[orderpoint.id] = sum(
                quantity
                for day, quantity in offered.get(
                    (orderpoint.product_id.id, orderpoint.location_id.id), ()
                )
                if day > since
            )
        return {id_: units for id_, units in offers.items() if units}


class MedTransferProposal(models.Model):
    """A proposal that is made or decided changes what is to be bought."""

    _inherit = "med.transfer.proposal"

    @api.model_create_multi
    def create(self, vals_list):
        proposals = super().create(vals_list)
        proposals._order_anew()
        return proposals

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"declined_on", "picking_id"}:
            self._order_anew()
        return result

    def unlink(self):
        rules = self._rules_of_receivers()
        result = super().unlink()
        rules._med_order_anew()
        return result

    def _order_anew(self):
        self._rules_of_receivers()._med_order_anew()

    def _rules_of_receivers(self):
        # What is to be ordered follows, whoever decides on a proposal.
        wanted = {(p.product_id, p.receiver_id.stock_location_id) for p in self.sudo()}
        rules = self.env["stock.warehouse.orderpoint"].sudo()
        return rules.search(
            [
                ("product_id", "in", [product.id for product, _place in wanted]),
                ("location_id", "in", [place.id for _product, place in wanted]),
            ]
        ).filtered(lambda rule: (rule.product_id, rule.location_id) in wanted)
