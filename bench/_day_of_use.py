"""A day of use in a hospital, the same at every run: departments, stock and events."""

import random
from datetime import timedelta
from itertools import accumulate

from odoo import fields

SEED = 20_260_101
DEPARTMENTS = 40
PRODUCTS = 600
ASSORTMENT = 60
HOURS = 24
LOTS = "AB"
PLENTY = 100_000.0


class DayOfUse:
    """Departments with 60 products each, drawn by Zipf from 600, two lots of each.

    ``sets`` names equal sets of departments, so that the same events can be posted in
    two ways side by side and the end states compared. Prices are whole cents, so that
    one move for many events and one move for each come to the same sum.
    """

    def __init__(self, env, sets):
        self.env = env
        self.random = random.Random(SEED)
        self.products = self._make_products()
        weights = [1 / rank for rank in range(1, PRODUCTS + 1)]
        self.assortments = [self._draw(weights) for _ in range(DEPARTMENTS)]
        plan = env["account.analytic.plan"].create({"name": "Cost centres"})
        env.company.med_analytic_plan_id = plan
        self.departments = {name: self._make_departments(plan, name) for name in sets}
        self._fill_shelves()
        env.cr.commit()

    def events(self, count):
        """``[(hour, second of the day, department, product, quantity)]`` in order."""
        seconds = sorted(self.random.randrange(HOURS * 3600) for _ in range(count))
        found = []
        for second in seconds:
            department = self.random.randrange(DEPARTMENTS)
            products, weights = self.assortments[department]
            [product] = self.random.choices(products, cum_weights=weights)
            quantity = self.random.choice((1, 1, 1, 2, 3))
            found.append((second // 3600, second, department, product, quantity))
        return found

    def reports(self, events, set_name, source):
        """The events as a hospital information system reports them."""
        day = fields.Datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
        day -= timedelta(days=1)
        departments = self.departments[set_name]
        return [
            {
                "department_id": departments[department].id,
                "product_id": self.products[product].id,
                "quantity": quantity,
                "kind": "use",
                "event_time": day + timedelta(seconds=second),
                "source": source,
                "external_key": f"{number}",
                "encounter_token": f"{number % 997:064x}",
            }
            for number, (_hour, second, department, product, quantity) in enumerate(
                events
            )
        ]

    def end_state(self, set_name):
        """What is left on the shelves, what was used, and what it cost whom."""
        departments = self.departments[set_name]
        number = {department: n for n, department in enumerate(departments)}
        by_place = {
            place: (n, use)
            for department, n in number.items()
            for use, place in (
                (False, department.stock_location_id),
                (True, department.consumption_location_id),
            )
        }
        quants = {
            (by_place[place], product.id, lot.id): quantity
            for place, product, lot, quantity in self.env["stock.quant"]._read_group(
                [("location_id", "in", [place.id for place in by_place])],
                ["location_id", "product_id", "lot_id"],
                ["quantity:sum"],
            )
            if quantity
        }
        values = {
            (number[department], product.id): (round(value, 2), quantity)
            for department, product, value, quantity in self.env[
                "stock.move"
            ]._read_group(
                [("med_department_id", "in", departments.ids), ("state", "=", "done")],
                ["med_department_id", "product_id"],
                ["value:sum", "quantity:sum"],
            )
        }
        costs = {
            number[department]: round(amount, 2)
            for department, amount in self.env["account.analytic.line"]._read_group(
                [("med_department_id", "in", departments.ids)],
                ["med_department_id"],
                ["amount:sum"],
            )
        }
        return {"stock": quants, "moves": values, "cost centres": costs}

    def _draw(self, weights):
        """60 different products, often used ones first, and how often each is used."""
        keys = {n: self.random.random() ** (1 / w) for n, w in enumerate(weights)}
        products = sorted(keys, key=keys.get)[-ASSORTMENT:]
        return products, list(accumulate(weights[n] for n in products))

    def _make_products(self):
        category = self.env["product.category"].create(
            {"name": "Consumables", "property_cost_method": "average"}
        )
        products = self.env["product.product"].create(
            [
                {
                    "name": f"Item {number}",
                    "is_storable": True,
                    "tracking": "lot",
                    "use_expiration_date": True,
                    "categ_id": category.id,
                    "standard_price": round(self.random.uniform(0.2, 80), 2),
                    "med_consumable": True,
                }
                for number in range(PRODUCTS)
            ]
        )
        now = fields.Datetime.now()
        self.env["stock.lot"].create(
            [
                {
                    "name": name,
                    "product_id": product.id,
                    "expiration_date": now + timedelta(days=300 + 60 * order),
                }
                for product in products
                for order, name in enumerate(LOTS)
            ]
        )
        return products

    def _make_departments(self, plan, set_name):
        accounts = self.env["account.analytic.account"].create(
            [
                {"name": f"{set_name} {number}", "plan_id": plan.id}
                for number in range(DEPARTMENTS)
            ]
        )
        return self.env["med.department"].create(
            [
                {
                    "code": f"{set_name}{number}",
                    "name": f"{set_name} {number}",
                    "analytic_account_id": account.id,
                }
                for number, account in enumerate(accounts)
            ]
        )

    def _fill_shelves(self):
        """The lot that expires first lasts for a part of the day only."""
        lots = self.env["stock.lot"].search(
            [("product_id", "in", self.products.ids)], order="expiration_date"
        )
        lots_of = lots.grouped("product_id")
        self.env["stock.quant"].create(
            [
                {
                    "product_id": product.id,
                    "location_id": departments[number].stock_location_id.id,
                    "lot_id": lot.id,
                    "quantity": 10.0 if order == 0 else PLENTY,
                }
                for departments in self.departments.values()
                for number, (assortment, _weights) in enumerate(self.assortments)
                for product in (self.products[n] for n in assortment)
                for order, lot in enumerate(lots_of[product])
            ]
        )
