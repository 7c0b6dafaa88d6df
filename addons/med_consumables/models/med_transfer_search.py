from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..core.redistribution import Lot, Policy, Use, propose

#: For so long an offer that somebody declined is not made again; days.
SILENCE = 30


@dataclass(frozen=True)
class _Outlook:
    """What is known of all places of a company, read once for all products."""

    shelves: dict  # {place: department}
    uses: dict  # {(product id, department id): Use}
    kept: dict  # {product: {department: reorder point}}
    pending: dict  # {(product id, place id): units}
    declined: set  # {(product, lot, department)}
    since: dict  # {(product, lot, giver, receiver), ids: day first proposed}


class MedTransferProposal(models.Model):
    """Looking for what one department will not use in time and another will."""

    _inherit = "med.transfer.proposal"

    @api.model
    def _cron_propose(self):
        for company in self.env["res.company"].search(
            [("med_redistribution", "=", True)]
        ):
            zone = company._med_time_zone().key  # the hospital's day, whoever runs it
            self.with_company(company).with_context(tz=zone)._propose(company)

    @api.model
    def action_look(self):
        """Look now, for those who do not want to wait for the night."""
        if not self.env.user.has_group("med_consumables.group_storekeeper"):
            self.check_access("create")
        # The search reads all departments and replaces what nobody decided on.
        self.sudo()._propose(self.env.company)
        return self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_transfer_proposal_action"
        )

    @api.model
    def _propose(self, company):
        """Replace the undecided proposals of ``company`` by today's; returns them."""
        quants, outlook = self._look_around(company)
        self._undecided(company).unlink()
        values = []
        for product, here in quants.grouped("product_id").items():
            values += self._offers_of(company, product, here, outlook)
        return self.create(values)

    @api.model
    def _look_around(self, company):
        """What may be moved in ``company``, and what bears on it."""
        shelves = self._shelves(company)
        quants = self._movable(shelves)
        products = quants.product_id
        departments = self.env["med.department"].union(*shelves.values())
        lumps = products._med_use_lumps(departments)
        uses = {
            key: Use(daily, lumps.get(key, 0.0))
            for key, daily in products._med_daily_use(departments).items()
        }
        return quants, _Outlook(
            shelves,
            uses,
            self._kept(products, shelves),
            products._med_pending_use(self.env["stock.location"].union(*shelves)),
            self._declined(company),
            {
                (
                    row.product_id.id,
                    row.lot_id.id,
                    row.giver_id.id,
                    row.receiver_id.id,
                ): (row.proposed_on)
                for row in self._undecided(company)
            },
        )

    @api.model
    def _undecided(self, company):
        """What the last search proposed; what somebody asked for stays."""
        return self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "proposed"),
                ("asked_for", "=", False),
            ]
        )

    @api.model
    def _shelves(self, company):
        """``{location: department}`` of all places of departments that use things."""
        departments = self.env["med.department"].search(
            [("company_id", "=", company.id), ("kind", "!=", "store")]
        )
        places = self.env["stock.location"].search(
            [
                ("id", "child_of", departments.stock_location_id.ids),
                ("usage", "=", "internal"),
                ("med_quarantine", "=", False),
            ]
        )
        return {
            place: department
            for place, department in places._med_departments().items()
            if department in departments
        }

    @api.model
    def _movable(self, shelves):
        """Stock of consumables that is the hospital's own, free and usable."""
        quants = self.env["stock.quant"]
        domain = Domain("location_id", "in", [place.id for place in shelves])
        domain &= Domain("product_id.med_consumable", "=", True)
        domain &= Domain("owner_id", "=", False) & Domain("package_id", "=", False)
        domain &= ~(quants._med_late_domain() | quants._med_held_domain())
        return quants.search(domain).filtered(
            lambda quant: quant.quantity > quant.reserved_quantity
        )

    @api.model
    def _kept(self, products, shelves):
        """Reorder points: ``{product: {department: units}}``."""
        kept = defaultdict(dict)
        for rule in self.env["stock.warehouse.orderpoint"].search(
            [
                ("product_id", "in", products.ids),
                ("location_id", "in", [place.id for place in shelves]),
            ]
        ):
            kept[rule.product_id][shelves[rule.location_id]] = rule.product_min_qty
        return kept

    @api.model
    def _declined(self, company):
        """What is not offered now: declined lately, or on somebody's desk already."""
        since = fields.Date.context_today(self) - timedelta(days=SILENCE)
        waiting = Domain("asked_for", "=", True) & Domain("state", "=", "proposed")
        proposals = self.search(
            Domain("company_id", "=", company.id)
            & (Domain("declined_on", ">", since) | waiting)
        )
        return {(row.product_id, row.lot_id, row.giver_id) for row in proposals}

    @api.model
    def _offers_of(self, company, product, quants, outlook, wants=None):
        """Values of proposals for one product; ``wants`` (core.redistribution) are
        units that stores would buy now."""
        uses = {
            department: outlook.uses.get((product.id, department.id), Use())
            for department in set(outlook.shelves.values())
        }
        lots = self._lots_of(product, quants, outlook)
        policy = Policy(company.med_near_expiry_days, company.med_cover_days)
        cost = product.with_company(company).standard_price
        stock = defaultdict(float)
        for lot in lots:
            stock[lot.place] += lot.quantity
        return [
            self._prepare_offer(company, offer, outlook, uses, stock)
            for offer in propose(lots, uses, policy, outlook.kept.get(product), wants)
            if offer.quantity * cost >= company.med_redistribution_value
            and (product, offer.key.lot_id, outlook.shelves[offer.key.location_id])
            not in outlook.declined
        ]

    @api.model
    def _prepare_offer(self, company, offer, outlook, uses, stock):
        quant, receiver = offer.key, offer.place
        giver, product = outlook.shelves[quant.location_id], quant.product_id
        today = company._med_day(fields.Datetime.now())
        key = product.id, quant.lot_id.id, giver.id, receiver.id
        return {
            "company_id": company.id,
            "product_id": product.id,
            "lot_id": quant.lot_id.id,
            "giver_id": giver.id,
            "giver_location_id": quant.location_id.id,
            "receiver_id": receiver.id,
            "quantity": offer.quantity,
            "reason": offer.reason,
            "value": offer.quantity * product.with_company(company).standard_price,
            "proposed_on": outlook.since.get(key, today),
            "giver_stock": stock[giver],
            "giver_daily_use": uses[giver].daily,
            "giver_chance": offer.used_here,
            "receiver_stock": stock[receiver],
            "receiver_daily_use": uses[receiver].daily if receiver in uses else 0.0,
            "receiver_chance": offer.used_there,
        }

    @api.model
    def _lots_of(self, product, quants, outlook):
        """What may be moved of a product, less what was used and is not posted."""
        now = fields.Datetime.now()
        pending = defaultdict(float)
        for place, department in outlook.shelves.items():
            pending[department] += outlook.pending.get((product.id, place.id), 0.0)
        lots = []
        for quant in quants.sorted(
            lambda quant: (not quant.removal_date, quant.removal_date or now)
        ):
            department = outlook.shelves[quant.location_id]
            free = quant.quantity - quant.reserved_quantity
            # Recorded use will take first what expires first.
            used = min(free, max(pending[department], 0.0))
            pending[department] -= used
            date = quant.removal_date or quant.lot_id.expiration_date
            days = (date - now).total_seconds() / 86400 if date else None
            lots.append(Lot(quant, department, free - used, days))
        return lots
