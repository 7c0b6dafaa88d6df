"""Stock the hospital starts from: real orders, real receipts with lots, real issues.

Everything is done by Odoo's own documents and then dated back to when it is said to
have happened, so that lead times, valuation and traceability see an ordinary past.
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from odoo.fields import Command

from . import catalogue

SEED = 20240301


@dataclass
class Delivery:
    """One order to one supplier for one place, and when it arrived."""

    supplier: str
    department: str  # where it is delivered
    ordered: datetime
    received: datetime
    units: dict[str, float] = field(default_factory=dict)  # item code -> quantity


@dataclass
class Issue:
    """One transfer from the store to a department."""

    department: str
    moment: datetime
    units: dict[str, float] = field(default_factory=dict)


class Deliveries:
    """Makes orders, receipts and issues of the demo hospital."""

    def __init__(self, env, company, departments, products, partners, today, time_zone):
        self.env, self.company, self.today = env, company, today
        self.departments, self.products, self.partners = departments, products, partners
        self.zone = ZoneInfo(time_zone)
        self.chance = random.Random(SEED)
        self.items = catalogue.items()
        self.suppliers = catalogue.suppliers()
        self.lots_made = {}

    def moment(self, days_ago, hour, minute=0):
        """Naive UTC datetime of an hour in the hospital, ``days_ago`` days back."""
        day = self.today - timedelta(days=days_ago)
        local = datetime.combine(day, time(hour, minute), self.zone)
        return local.astimezone(UTC).replace(tzinfo=None)

    def plan(self, units, ordered_days_ago):
        """Split ``{(item, department): units}`` into one delivery a supplier and place.

        Most suppliers keep the promised lead time, some are late as often as their row
        in the catalogue says.
        """
        by_place = {}
        for (code, department), quantity in units.items():
            item = self.items[code]
            key = item.suppliers[0], department
            if key not in by_place:
                supplier = self.suppliers[key[0]]
                late = self.chance.random() < supplier.late_share
                lead = supplier.lead_days + (
                    self.chance.randint(1, supplier.late_days)
                    if late
                    else -self.chance.randint(0, 1)
                )
                # Late or not, it is here before today.
                lead = min(lead, ordered_days_ago - 1)
                by_place[key] = Delivery(
                    *key,
                    ordered=self.moment(ordered_days_ago, 10, len(by_place) % 60),
                    received=self.moment(
                        ordered_days_ago - lead, 14, len(by_place) % 60
                    ),
                )
            by_place[key].units[code] = quantity
        return list(by_place.values())

    # ---- orders and receipts -------------------------------------------------------

    def receive(self, deliveries, lot_of=None):
        """Order and receive; ``lot_of(item)`` names the lot or the first serial."""
        orders = self.env["purchase.order"].create(
            [self._order_values(delivery) for delivery in deliveries]
        )
        orders.button_confirm()
        for order, delivery in zip(orders, deliveries, strict=True):
            order.date_approve = delivery.ordered
        self._fill_receipts(orders, deliveries, lot_of)
        orders.picking_ids.move_ids.picked = True
        orders.picking_ids._action_done()
        for order, delivery in zip(orders, deliveries, strict=True):
            self._date_back(order.picking_ids, delivery.received)
        return orders

    def _order_values(self, delivery):
        place = self.departments[delivery.department]
        supplier = self.suppliers[delivery.supplier]
        promised = delivery.ordered + timedelta(days=supplier.lead_days)
        return {
            "partner_id": self.partners[delivery.supplier].id,
            "company_id": self.company.id,
            "picking_type_id": self._receipt_type(place).id,
            "date_order": delivery.ordered,
            "date_planned": promised,
            "order_line": [
                Command.create(
                    {
                        "product_id": self.products[code].id,
                        "product_qty": quantity,
                        "product_uom_id": self.products[code].uom_id.id,
                        "price_unit": self.items[code].price,
                        "date_planned": promised,
                        "analytic_distribution": self._cost_centres(code, place),
                    }
                )
                for code, quantity in delivery.units.items()
            ],
        }

    def _receipt_type(self, place):
        return self.env["stock.picking.type"].search(
            [
                ("code", "=", "incoming"),
                ("default_location_dest_id", "=", place.stock_location_id.id),
            ],
            limit=1,
        )

    def _cost_centres(self, code, place):
        """Who will bear the cost: the place, or whom the store supplies, by use."""
        if place.kind != "store":
            return {str(place.analytic_account_id.id): 100}
        use = self.items[code].use
        total = sum(use.values())
        shares = {
            str(self.departments[department].analytic_account_id.id): round(
                100 * mean / total, 2
            )
            for department, mean in use.items()
        }
        first = next(iter(shares))
        shares[first] = round(shares[first] + 100 - sum(shares.values()), 2)
        return shares

    def _fill_receipts(self, orders, deliveries, lot_of):
        """One lot per received line, one serial per piece where pieces are traced."""
        moves = orders.picking_ids.move_ids
        moves.move_line_ids.unlink()
        lots, lines = [], []
        for order, delivery in zip(orders, deliveries, strict=True):
            for move in order.picking_ids.move_ids:
                item = self.items[move.product_id.default_code]
                serial = item.tracking == "serial"
                pieces = int(move.product_uom_qty) if serial else 1
                for name in self._lot_names(item, pieces, delivery, lot_of):
                    lots.append(self._lot_values(item, name, delivery))
                    lines.append((move, move.product_uom_qty / pieces))
        known = {
            (lot.product_id.id, lot.name): lot
            for lot in self.env["stock.lot"].search(
                [("name", "in", [values["name"] for values in lots])]
            )
        }
        fresh = {}
        for values in lots:
            key = values["product_id"], values["name"]
            if key not in known:
                fresh.setdefault(key, values)
        made = self.env["stock.lot"].create(list(fresh.values()))
        known.update(zip(fresh, made, strict=True))
        self.env["stock.move.line"].create(
            [
                {
                    "move_id": move.id,
                    "picking_id": move.picking_id.id,
                    "product_id": move.product_id.id,
                    "product_uom_id": move.product_uom.id,
                    "location_id": move.location_id.id,
                    "location_dest_id": move.location_dest_id.id,
                    "lot_id": known[values["product_id"], values["name"]].id,
                    "quantity": quantity,
                }
                for (move, quantity), values in zip(lines, lots, strict=True)
            ]
        )

    def _lot_names(self, item, pieces, delivery, lot_of):
        if lot_of and (name := lot_of(item)):
            if item.tracking != "serial":
                return [name]
            return [name] + self._serials(item, pieces - 1, delivery)
        if item.tracking == "serial":
            return self._serials(item, pieces, delivery)
        return [f"{delivery.ordered:%y%m%d}{item.number:04d}"]

    def _serials(self, item, pieces, delivery):
        first = self.lots_made.get(item.code, 0)
        self.lots_made[item.code] = first + pieces
        return [f"{item.number:04d}S{first + n + 1:05d}" for n in range(pieces)]

    def _lot_values(self, item, name, delivery):
        """Most lots arrive with most of their life, some with little of it left."""
        roll = self.chance.random()
        share = 0.5 + 0.45 * roll
        days = int(item.shelf_days * share)
        if roll < 0.06:
            days = (self.today - delivery.received.date()).days + 15 + int(400 * roll)
        made = delivery.received.date() - timedelta(
            days=int(item.shelf_days * (1 - share))
        )
        return {
            "name": name,
            "product_id": self.products[item.code].id,
            "company_id": self.company.id,
            "expiration_date": delivery.received + timedelta(days=days),
            "med_production_date": made,
            **(
                {"med_sterilisation_lot": f"M{made:%y%m%d}{item.number % 7 + 1}"}
                if item.sterile
                else {}
            ),
        }

    # ---- issues --------------------------------------------------------------------

    def issue(self, issues):
        """Transfer from the store to departments, first expired first out."""
        store = self.departments["STORE"]
        issues = [issue for issue in issues if issue.units]
        route = self.env["stock.rule"].search(
            [
                ("action", "=", "pull"),
                ("location_src_id", "=", store.stock_location_id.id),
                ("location_dest_from_rule", "=", True),
            ],
            limit=1,
        )
        pickings = self.env["stock.picking"].create(
            [
                {
                    "picking_type_id": route.picking_type_id.id,
                    "location_id": store.stock_location_id.id,
                    "location_dest_id": self._shelf(issue).id,
                    "company_id": self.company.id,
                    "scheduled_date": issue.moment,
                    "move_ids": [
                        Command.create(
                            {
                                "product_id": self.products[code].id,
                                "product_uom": self.products[code].uom_id.id,
                                "product_uom_qty": quantity,
                                "location_id": store.stock_location_id.id,
                                "location_dest_id": self._shelf(issue).id,
                            }
                        )
                        for code, quantity in issue.units.items()
                    ],
                }
                for issue in issues
            ]
        )
        pickings.action_confirm()
        pickings.action_assign()
        short = pickings.move_ids.filtered(lambda move: move.state != "assigned")
        if short:
            raise ValueError(f"The store is short of {short.product_id.mapped('name')}")
        pickings.move_ids.picked = True
        pickings._action_done()
        for picking, issue in zip(pickings, issues, strict=True):
            self._date_back(picking, issue.moment)
        return pickings

    def _shelf(self, issue):
        return self.departments[issue.department].stock_location_id

    def _date_back(self, pickings, moment):
        pickings.move_ids.write({"date": moment})
        pickings.write({"date_done": moment})
