"""Makes buffers with two years of use, has DDMRP recompute them, prints the seconds.

Called by _ddmrp.py with a database and numbers of buffers. The hospital is that of
_nightly.py: a store and nine wards for every item, each ward with use on about one day
in seven. The buffers are of the purchased kind, which costs it least.
"""

import json
import os
import sys
import time

WARDS = 9
DAYS = 728
ONE_IN = 7


def main(database, sizes):
    import odoo
    from odoo.api import SUPERUSER_ID, Environment
    from odoo.modules.registry import Registry

    options = [f"--database={database}", f"--addons-path={os.environ['DDMRP_ADDONS']}"]
    options += ["--init=ddmrp", "--skip-auto-install", "--log-level=error"]
    odoo.tools.config.parse_config(options, setup_logging=True)
    registry = Registry.new(database, update_module=True, install_modules=["ddmrp"])
    with registry.cursor() as cursor:
        env = Environment(cursor, SUPERUSER_ID, {"tracking_disable": True})
        shelves = _shelves(env)
        made = 0
        for size in sizes:
            _grow(env, shelves, made, size // len(shelves))
            made = size // len(shelves)
            print(json.dumps(_recompute(env, size)), flush=True)


def _shelves(env):
    stock = env.ref("stock.warehouse0").lot_stock_id
    names = ["Store", *(f"Ward {number}" for number in range(WARDS))]
    return env["stock.location"].create(
        [{"name": name, "usage": "internal", "location_id": stock.id} for name in names]
    )


def _grow(env, shelves, start, stop):
    products = _products(env, start, stop)
    _buffers(env, products, shelves)
    env.flush_all()
    _past_moves(env, products, shelves)
    env.cr.execute("ANALYZE")
    env.cr.commit()
    env.invalidate_all()


def _products(env, start, stop):
    vendor = env["res.partner"].create({"name": "Vendor"})
    return env["product.product"].create(
        [
            {
                "name": f"Item {number}",
                "is_storable": True,
                "seller_ids": [(0, 0, {"partner_id": vendor.id, "delay": 3})],
            }
            for number in range(start, stop)
        ]
    )


def _buffers(env, products, shelves):
    env["stock.buffer"].create(
        [
            {
                "product_id": product.id,
                "location_id": shelf.id,
                "warehouse_id": env.ref("stock.warehouse0").id,
                "buffer_profile_id": env.ref(
                    "ddmrp.stock_buffer_profile_replenish_purchased_medium_medium"
                ).id,
                "adu_calculation_method": env.ref(
                    "ddmrp.adu_calculation_method_past_120"
                ).id,
            }
            for product in products
            for shelf in shelves
        ]
    )


def _past_moves(env, products, shelves):
    """Moves out of the shelves, on one in so many days of the past."""
    customers = env.ref("stock.stock_location_customers")
    env.cr.execute("SELECT setseed(0.42)")
    env.cr.execute(
        """INSERT INTO stock_move (
               product_id, product_uom, product_uom_qty, product_qty, quantity,
               quantity_product_uom, location_id, location_dest_id, company_id, date,
               state, procure_method, picked, create_uid, write_uid, create_date,
               write_date
           )
           SELECT product.id, template.uom_id, units, units, units, units, shelf.id, %s,
                  %s, now() - day.ago * interval '1 day', 'done', 'make_to_stock', TRUE,
                  1, 1, now(), now()
             FROM product_product product
             JOIN product_template template ON template.id = product.product_tmpl_id,
                  unnest(%s) AS shelf (id), generate_series(1, %s) AS day (ago),
          LATERAL (SELECT 1 + floor(-ln(1 - random()) * (1 + product.id %% 7))
                       AS units) AS drawn
            WHERE product.id = ANY(%s) AND random() < 1.0 / %s""",
        [customers.id, env.company.id, shelves.ids, DAYS, products.ids, ONE_IN],
    )


def _recompute(env, size):
    """Its two jobs, as its own scheduled actions call them."""
    buffers = env["stock.buffer"]
    started = time.perf_counter()
    buffers.cron_ddmrp_adu(automatic=True)
    used = time.perf_counter()
    buffers.cron_ddmrp(automatic=True)
    env.cr.commit()
    done = time.perf_counter()
    known = buffers.search_count([("adu", ">", 0), ("top_of_green", ">", 0)])
    if known < 0.95 * size:
        raise AssertionError(f"Only {known} of {size} buffers were computed.")
    return {"n": size, "use": used - started, "buffers": done - used}


if __name__ == "__main__":
    main(sys.argv[1], [int(size) for size in sys.argv[2:]])
