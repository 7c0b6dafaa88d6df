"""A hospital of many reorder rules with two years of demand, made in SQL.

One store and nine wards for every item; each ward uses an item on about one day in
seven. What the night reads and writes is Odoo's own tables; only the filling is quick.
"""

import time
from datetime import timedelta

from odoo import fields

WARDS = 9
DAYS = 728
#: One day of a pair in so many has use.
ONE_IN = 7


class Hospital:
    def __init__(self, env):
        self.env = env
        self.company = env.company
        self.company.write(
            {
                "med_smallest_change": 0.0,  # every rule gets new levels
                "med_auto_publish": True,
                "med_auto_change": 1e9,
                "med_auto_value": 1e12,
                "med_auto_error": 1e9,
            }
        )
        self.warehouse = env["stock.warehouse"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        self.today = self.company._med_day(fields.Datetime.now())
        self.vendor = env["res.partner"].create({"name": "Nightly vendor"})
        self.departments = env["med.department"].create(
            [
                self._department("N-STORE", "store"),
                *(self._department(f"N-W{n}", "ward") for n in range(WARDS)),
            ]
        )
        self.items = 0

    def _department(self, code, kind):
        return {
            "name": code,
            "code": code,
            "kind": kind,
            "warehouse_id": self.warehouse.id,
            "company_id": self.company.id,
        }

    @property
    def rules(self):
        return self.items * (WARDS + 1)

    def grow(self, rules):
        """Have ``rules`` reorder rules, each with two years of demand."""
        more = rules // (WARDS + 1) - self.items
        products = self.env["product.product"].create(
            [
                {
                    "name": f"Nightly {self.items + number}",
                    "is_storable": True,
                    "med_consumable": True,
                    "standard_price": 1 + (self.items + number) % 40,
                    "seller_ids": [
                        fields.Command.create(
                            {
                                "partner_id": self.vendor.id,
                                "delay": 3 + number % 9,
                                "price": 5,
                            }
                        )
                    ],
                }
                for number in range(more)
            ]
        )
        self.env.flush_all()
        self._add_rules(products)
        self._add_demand(products)
        self.items += more
        self.env.cr.execute("ANALYZE")
        self.env.invalidate_all()
        self.env.cr.commit()

    def _add_rules(self, products):
        shelves = self.departments.stock_location_id
        self.env.cr.execute(
            """INSERT INTO stock_warehouse_orderpoint (
                   name, trigger, active, product_id, location_id, warehouse_id,
                   company_id, product_min_qty, product_max_qty, create_uid, write_uid,
                   create_date, write_date
               )
               SELECT 'N/' || product.id || '/' || place.id, 'manual', TRUE, product.id,
                      place.id, %s, %s, 0, 0, 1, 1, now(), now()
                 FROM unnest(%s) AS product (id), unnest(%s) AS place (id)""",
            [self.warehouse.id, self.company.id, products.ids, shelves.ids],
        )

    def _add_demand(self, products):
        """Use of the wards, and of the store what all of them asked."""
        store, *wards = self.departments
        self.env.cr.execute("SELECT setseed(0.42)")
        self.env.cr.execute(
            """INSERT INTO med_demand_day (
                   company_id, product_id, location_id, department_id, date, used,
                   dependent, unserved, credited, quantity, one_off, stockout
               )
               SELECT %s, product.id, ward.place, ward.id, %s::date - day.ago, units, 0,
                      0, 0, units, 0, FALSE
                 FROM unnest(%s) AS product (id),
                      unnest(%s, %s) AS ward (id, place),
                      generate_series(1, %s) AS day (ago),
            LATERAL (SELECT 1 + floor(-ln(1 - random()) * (1 + product.id %% 7))
                         AS units) AS drawn
                WHERE random() < 1.0 / %s""",
            [
                self.company.id,
                self.today,
                products.ids,
                [ward.id for ward in wards],
                [ward.stock_location_id.id for ward in wards],
                DAYS,
                ONE_IN,
            ],
        )
        self.env.cr.execute(
            """INSERT INTO med_demand_day (
                   company_id, product_id, location_id, department_id, date, used,
                   dependent, unserved, credited, quantity, one_off, stockout
               )
               SELECT company_id, product_id, %s, %s, date, 0, sum(used), 0, 0,
                      sum(used), 0, FALSE
                 FROM med_demand_day WHERE product_id = ANY(%s)
             GROUP BY company_id, product_id, date""",
            [store.stock_location_id.id, store.id, products.ids],
        )

    def new_use(self, lines):
        """A day of use that the ledger has and the demand does not."""
        products = self.env["product.product"].search(
            [("name", "like", "Nightly ")], limit=lines
        )
        wards = self.departments[1:]
        moment = fields.Datetime.now() - timedelta(days=1)
        self.env["med.consumption"]._record(
            [
                {
                    "department_id": wards[number % WARDS].id,
                    "product_id": product.id,
                    "quantity": 2,
                    "kind": "use",
                    "event_time": moment,
                    "source": "nightly",
                    "external_key": f"{self.items}:{number}",
                    "historical": True,
                }
                for number, product in enumerate(products)
            ]
        )
        self.env.cr.commit()

    def evening(self):
        """Levels as if nobody had ever set one, and no proposals."""
        self.env.cr.execute(
            """UPDATE stock_warehouse_orderpoint
                  SET product_min_qty = 0, product_max_qty = 0,
                      qty_to_order_computed = 0;
               DELETE FROM med_reorder_proposal; DELETE FROM med_plan_pool"""
        )
        self.env["ir.config_parameter"].set_param(
            "med_replenishment.demand_seen_until",
            fields.Datetime.to_string(fields.Datetime.now()),
        )
        self.env.invalidate_all()
        self.env.cr.commit()

    def night(self):
        """Seconds of the whole nightly run."""
        started = time.perf_counter()
        self.env["med.reorder.proposal"]._cron_propose()
        self.env.flush_all()
        self.env.cr.commit()
        return time.perf_counter() - started

    def published(self):
        self.env.cr.execute(
            "SELECT count(*) FROM stock_warehouse_orderpoint WHERE product_max_qty > 0"
        )
        return self.env.cr.fetchone()[0]
