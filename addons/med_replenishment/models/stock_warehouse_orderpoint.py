from dataclasses import dataclass

from odoo import fields, models

from ..core.lead_time import LeadTime
from ..core.supplier_lead import planned_lead_time


@dataclass(frozen=True, slots=True)
class Supply:
    """How a place is supplied: the lead time, and what can be ordered, in units."""

    lead: LeadTime
    promised: float
    receipts: int = 0
    supplier_ratio: float = 1.0
    open_late: int = 0
    pack: float = 1.0
    least: float = 0.0
    known: bool = True
    internal: bool = False


class StockWarehouseOrderpoint(models.Model):
    _inherit = "stock.warehouse.orderpoint"

    med_proposal_ids = fields.One2many("med.reorder.proposal", "orderpoint_id")
    med_proposal_count = fields.Integer(compute="_compute_med_proposal_count")

    def _compute_med_proposal_count(self):
        Proposal = self.env["med.reorder.proposal"]
        counts = {}
        if Proposal.has_access("read"):
            counts = dict(
                Proposal._read_group(
                    [("orderpoint_id", "in", self.ids)], ["orderpoint_id"], ["__count"]
                )
            )
        for orderpoint in self:
            orderpoint.med_proposal_count = counts.get(orderpoint, 0)

    def action_view_med_proposals(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_replenishment.med_reorder_proposal_action"
        )
        action["domain"] = [("orderpoint_id", "in", self.ids)]
        action["context"] = {}
        return action

    def action_view_med_demand(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_replenishment.med_demand_day_action"
        )
        action["domain"] = [
            ("product_id", "=", self.product_id.id),
            ("location_id", "child_of", self.location_id.ids),
        ]
        action["context"] = {"graph_measure": "quantity"}
        action["view_mode"] = "graph,pivot,list"
        action["views"] = [(False, mode) for mode in ("graph", "pivot", "list")]
        return action

    def action_med_propose(self):
        """Compute proposals for these reorder rules now, not in the night."""
        Proposal = self.env["med.reorder.proposal"]
        Proposal.check_access("write")
        self.check_access("read")  # of companies and places that are the planner's
        # Proposals are written by the job only, here at the wish of a planner.
        self.env["med.demand.day"].sudo()._refresh_if_free(self.product_id.ids)
        Proposal.sudo()._propose(self.sudo())
        return self.action_view_med_proposals()

    def _procure_orderpoint_confirm(
        self, use_new_cursor=False, company_id=None, raise_user_error=True
    ):
        """End this transaction before the batches begin theirs.

        Odoo's daily scheduler recomputes all reorder rules here and procures in cursors
        of its own, which write and commit the same rows: left open, this transaction
        then fails with a serialisation error, and reservations, merging and expiry
        warnings of that day are lost. Committed first, the batches also see today's
        quantities instead of yesterday's. Outside the scheduler nothing changes.
        """
        if use_new_cursor:
            self.env.cr.commit()  # pylint: disable=invalid-commit
        return super()._procure_orderpoint_confirm(
            use_new_cursor=use_new_cursor,
            company_id=company_id,
            raise_user_error=raise_user_error,
        )

    def _med_shelves_first(self, after=None):
        """Place by place, stores last: they hold less where shelves hold it already.

        The rules of one place are then computed together, and stock is read by place.
        With ``after``, the turn of a rule, only those that come after it.
        """
        turns = {rule: rule._med_turn() for rule in self}
        return self.filtered(lambda rule: after is None or turns[rule] > after).sorted(
            turns.get
        )

    def _med_turn(self):
        """When its turn is among others: whether in a store, then place and rule."""
        self.ensure_one()
        place = self.location_id
        return [place == self.warehouse_id.lot_stock_id, place.id, self.id]

    def _med_supplies(self):
        """How each place is supplied: ``{orderpoint: Supply}``.

        A department's shelf is filled from the store, unless its reorder rule names a
        vendor; everything else is bought. What nobody sells is not ``known``.
        """
        departments = self.env["med.department"]._department_of_locations(
            self.location_id
        )
        bought = self.filtered(
            lambda rule: rule._med_is_bought(departments[rule.location_id.id])
        )
        sellers = {rule: rule._med_seller() for rule in bought}
        firms = {seller.partner_id.commercial_partner_id for seller in sellers.values()}
        measured = self.env["med.supplier.performance"]._measurements(
            [firm.id for firm in firms if firm]
        )
        supplies = {}
        for orderpoint in self:
            if orderpoint not in sellers:
                days = orderpoint.company_id.med_internal_lead_days
                supplies[orderpoint] = Supply(
                    LeadTime(days, 0.0),
                    days,
                    pack=orderpoint._med_pack(orderpoint.replenishment_uom_id),
                    internal=True,
                )
            else:
                supplies[orderpoint] = orderpoint._med_bought(
                    sellers[orderpoint], measured
                )
        return supplies

    def _med_is_bought(self, department):
        """Whether it comes from a vendor; ``department`` is whose place it is."""
        return bool(self.supplier_id) or not department or department.kind == "store"

    def _med_seller(self):
        """The vendor's price that is bought at."""
        self.ensure_one()
        product = self.product_id.with_company(self.company_id)
        return self.supplier_id or product._select_seller(quantity=None)

    def _med_bought(self, seller, measured):
        self.ensure_one()
        product = self.product_id
        if not seller:
            return Supply(LeadTime(0.0, 0.0), 0.0, known=False)
        promised = seller.delay + self.company_id.days_to_purchase
        whole, item, open_ages = measured.of(
            self.company_id.id, seller.partner_id.commercial_partner_id.id, product.id
        )
        lead = planned_lead_time(promised, item, whole, open_ages)
        return Supply(
            lead,
            promised,
            item.count,
            whole.mean if whole.count else 1.0,
            sum(age > promised for age in open_ages),
            self._med_pack(self.replenishment_uom_id or seller.product_uom_id),
            seller.product_uom_id._compute_quantity(
                seller.min_qty, product.uom_id, round=False
            ),
        )

    def _med_pack(self, uom):
        """The multiple in which is ordered, in the product's unit."""
        unit = self.product_id.uom_id
        if not uom or not uom._has_common_reference(unit):
            return 1.0
        return uom._compute_quantity(1.0, unit, round=False)
