"""A large hospital's shelves, made by SQL: every item in every department."""

from odoo.tools import SQL

from bench._copied_rows import copy_rows
from bench._day_of_use import DEPARTMENTS
from bench._years_of_use import YearsOfUse

ITEMS = 30_000
#: Names are made of these, so that a search finds some items and not all.
WORDS = [
    "needle",
    "syringe",
    "catheter",
    "dressing",
    "gloves",
    "mask",
    "stent",
    "suture",
    "tube",
    "valve",
]


class FullShelves(YearsOfUse):
    """``count`` lines of use, and ``items`` more items that lie in all departments.

    With the store that makes ``items * 41`` rows of the one view.
    """

    def __init__(self, env, count, items=ITEMS):
        super().__init__(env, count)
        self.items = items
        self._insert_items()
        self._insert_quants()
        env.cr.commit()
        env["med.daily.use"]._refresh()
        # The job has counted all this since.
        while env["med.stock.touch"]._work_off():
            env.cr.commit()
        env.cr.commit()
        env.cr.execute(SQL("ANALYZE"))
        env.cr.commit()
        env.invalidate_all()

    def _insert_items(self):
        """Copies of one item of the day, each with a name and a key of its own."""
        prototype = self.products[:1]
        self.env.cr.execute(
            SQL("CREATE TEMP TABLE item (n int, template int, product int, name text)")
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO item
                SELECT n, nextval('product_template_id_seq'),
                       nextval('product_product_id_seq'),
                       (%s::text[])[1 + n %% 10] || ' ' || n
                  FROM generate_series(1, %s) n
                """,
                WORDS,
                self.items,
            )
        )
        copy_rows(
            prototype.product_tmpl_id,
            "item",
            id=SQL("item.template"),
            name=SQL("jsonb_build_object('en_US', item.name)"),
            med_abc=SQL("(ARRAY['A', 'B', 'C'])[1 + item.n %% 3]"),
        )
        copy_rows(
            prototype,
            "item",
            id=SQL("item.product"),
            product_tmpl_id=SQL("item.template"),
            med_search_key=SQL("item.name"),
        )

    def _insert_quants(self):
        """One quant an item and place; each place in a transaction of its own."""
        departments = self.departments["ours"]
        places = departments.stock_location_id | departments.warehouse_id.lot_stock_id
        if len(places) != DEPARTMENTS + 1:
            raise AssertionError("each department has a shelf, and there is one store")
        for place in places:
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO stock_quant (product_id, location_id, company_id,
                           quantity, reserved_quantity, in_date, expiration_date,
                           removal_date)
                    SELECT product, %(place)s, %(company)s, n %% 50, 0, now(),
                           now() + (n %% 700 + 1) * interval '1 day',
                           now() + (n %% 700 + 1) * interval '1 day'
                      FROM item
                    """,
                    place=place.id,
                    company=self.env.company.id,
                )
            )
            self.env["med.stock.touch"]._work_off(limit=self.items)
            self.env.cr.commit()
