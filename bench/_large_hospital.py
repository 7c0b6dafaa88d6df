"""Shelves of a large hospital, made by SQL: stock, reorder rules, daily use."""

from odoo import fields
from odoo.tools import SQL

from bench._copied_rows import copy_rows

#: One in so many shelves is at or below its reorder point.
ONE_IN = 100
#: One in so many items has a lot that expires within half a year.
NEAR_ONE_IN = 200
#: One in so many items has been lying on its shelves for a year.
DEAD_ONE_IN = 500
#: One in so many shelves has goods of half a year ago, of which some left since.
OLD_ONE_IN = 4


class LargeHospital:
    """``departments`` × ``items`` shelves, each with a lot, a reorder rule and use.

    From every fourth shelf something was taken in the last three months.

    Of a hundred shelves one runs low, of two hundred items one is near its date, of
    five hundred one has not been used for a year: 2 million shelves raise some 35,000
    alerts, more than people could ever act on.
    """

    def __init__(self, env, departments, items):
        self.env = env
        self.shelves = departments * items
        manager = env.ref("base.user_admin")
        self.departments = env["med.department"].create(
            [
                {"code": f"D{n}", "name": f"Ward {n}", "manager_id": manager.id}
                for n in range(departments)
            ]
        )
        prototype, lot, point, quant = self._prototypes()
        env.flush_all()
        self._insert_items(prototype, lot, items)
        self._insert_shelves()
        self._insert_quants(quant)
        self._insert_orderpoints(point)
        self._insert_daily_use()
        self._insert_departures()
        env.cr.commit()
        env.cr.execute("ANALYZE")
        env.cr.commit()
        env.invalidate_all()

    def _prototypes(self):
        """One item, its lot, reorder rule and pile, of which all others are copies."""
        env = self.env
        prototype = env["product.product"].create(
            {
                "name": "Item",
                "is_storable": True,
                "tracking": "lot",
                "use_expiration_date": True,
                "med_consumable": True,
            }
        )
        lot = env["stock.lot"].create(
            {"name": "LOT", "product_id": prototype.id, "company_id": False}
        )
        place = self.departments[0].stock_location_id
        point = env["stock.warehouse.orderpoint"].create(
            {
                "product_id": prototype.id,
                "location_id": place.id,
                "product_min_qty": 20,
                "product_max_qty": 60,
                "trigger": "manual",
            }
        )
        env["stock.quant"]._update_available_quantity(prototype, place, 50, lot_id=lot)
        quant = env["stock.quant"].search([("product_id", "=", prototype.id)])
        return prototype, lot, point, quant

    def _insert_items(self, prototype, lot, items):
        self.env.cr.execute(
            SQL(
                """
                CREATE TEMP TABLE item AS
                SELECT n, nextval('product_template_id_seq')::int AS template,
                    nextval('product_product_id_seq')::int AS product,
                    nextval('stock_lot_id_seq')::int AS lot,
                    date_trunc('day', now()) + interval '1 day' * CASE
                        WHEN n %% %s = 0 THEN 3 + n %% 170 ELSE 200 + n %% 1000 END
                        AS expires
                FROM generate_series(1, %s) n
                """,
                NEAR_ONE_IN,
                items,
            )
        )
        copy_rows(
            prototype.product_tmpl_id,
            "item",
            id=SQL("item.template"),
            name=SQL("jsonb_build_object('en_US', 'Item ' || item.n)"),
        )
        copy_rows(
            prototype,
            "item",
            id=SQL("item.product"),
            product_tmpl_id=SQL("item.template"),
            med_search_key=SQL("'item ' || item.n"),
        )
        copy_rows(
            lot,
            "item",
            id=SQL("item.lot"),
            name=SQL("'LOT ' || item.n"),
            product_id=SQL("item.product"),
            expiration_date=SQL("item.expires"),
            removal_date=SQL("item.expires"),
        )

    def _insert_shelves(self):
        self.env.cr.execute(
            SQL(
                """
                CREATE TEMP TABLE shelf AS
                SELECT item.*, place.id AS place,
                    CASE WHEN (item.n * 31 + place.n * 17) %% %(one_in)s = 0
                        THEN 15 ELSE 45 + item.n %% 12 END AS quantity
                FROM item, unnest(%(places)s::int[]) WITH ORDINALITY place (id, n)
                """,
                one_in=ONE_IN,
                places=list(self.departments.stock_location_id.ids),
            )
        )

    def _insert_quants(self, quant):
        old = SQL("now() - interval '400 days'")
        copy_rows(
            quant,
            "shelf",
            id=SQL("nextval('stock_quant_id_seq')"),
            product_id=SQL("shelf.product"),
            lot_id=SQL("shelf.lot"),
            location_id=SQL("shelf.place"),
            quantity=SQL("shelf.quantity"),
            reserved_quantity=SQL("0"),
            expiration_date=SQL("shelf.expires"),
            removal_date=SQL("shelf.expires"),
            in_date=SQL(
                "CASE WHEN shelf.n %% %s = 0 THEN %s "
                "WHEN shelf.n %% %s = 1 THEN now() - interval '180 days' "
                "ELSE now() END",
                DEAD_ONE_IN,
                old,
                OLD_ONE_IN,
            ),
        )

    def _insert_orderpoints(self, point):
        copy_rows(
            point,
            "shelf",
            id=SQL("nextval('stock_warehouse_orderpoint_id_seq')"),
            name=SQL("'OP/' || shelf.product || '/' || shelf.place"),
            product_id=SQL("shelf.product"),
            location_id=SQL("shelf.place"),
        )

    def _insert_daily_use(self):
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO med_daily_use
                    (product_id, location_id, company_id, daily_use)
                SELECT product, place, %s, 1.5 FROM shelf WHERE n %% %s != 0
                """,
                self.env.company.id,
                DEAD_ONE_IN,
            )
        )

    def _insert_departures(self):
        """Lines of what was used, on days of the last three months."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO stock_move_line (product_id, lot_id, location_id,
                    location_dest_id, company_id, product_uom_id, quantity,
                    quantity_product_uom, picked, state, date)
                SELECT shelf.product, shelf.lot, shelf.place,
                    department.consumption_location_id, %s, %s, 1, 1, TRUE, 'done',
                    now() - interval '1 day' * (1 + shelf.n %% 80)
                FROM shelf
                JOIN med_department department
                    ON department.stock_location_id = shelf.place
                WHERE shelf.n %% %s = 1
                """,
                self.env.company.id,
                self.env.ref("uom.product_uom_unit").id,
                OLD_ONE_IN,
            )
        )

    def a_day_passes(self, share=ONE_IN):
        """Some of the low shelves are filled, and others run low."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE stock_quant SET quantity = CASE WHEN quantity < 20
                    THEN 50 ELSE 10 END
                WHERE location_id = ANY(%s) AND (id * 7) %% (%s * 10) = 0
                """,
                list(self.departments.stock_location_id.ids),
                share,
            )
        )
        self.env.cr.commit()
        self.env.invalidate_all()
        return fields.Datetime.now()
