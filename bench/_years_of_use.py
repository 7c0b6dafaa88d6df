"""Years of use made by SQL: ledger lines, their moves and what is on the shelves."""

from contextlib import contextmanager

from odoo.tools import SQL

from bench._day_of_use import DEPARTMENTS, PRODUCTS, DayOfUse

LOTS_OF_A_PRODUCT = 20
LINES_OF_A_MOVE = 5
DAYS = 1_000
#: What is filled by the million.
TABLES = (
    "stock_move",
    "stock_move_line",
    "med_consumption",
    "med_consumption_allocation",
)
#: Move lines whose use is inserted by one statement.
PART = 50_000


class YearsOfUse(DayOfUse):
    """``count`` posted lines of the departments' items, five to a move line.

    Each product has twenty lots; the same lot was used in many departments.
    """

    def __init__(self, env, count):
        super().__init__(env, ["ours"])
        self.lots = env["stock.lot"].create(
            [
                {"name": f"{product.id}-{number}", "product_id": product.id}
                for product in self.products
                for number in range(LOTS_OF_A_PRODUCT)
            ]
        )
        env.cr.execute(
            SQL("CREATE TEMP TABLE use (n int, product int, lot int, w int)")
        )
        self._draw_uses(count)
        with self._unchecked():
            self._insert_moves()
            self._insert_lines()
        env.cr.execute(SQL("ANALYZE"))
        env.cr.commit()
        env.invalidate_all()

    @contextmanager
    def _unchecked(self):
        """Millions of rows that are right by the way they are made: no foreign key is
        checked, and indexes are made once for all of them.
        """
        execute = self.env.cr.execute
        found = self.env.execute_query(
            SQL(
                """
                SELECT indexname, indexdef FROM pg_indexes
                WHERE schemaname = current_schema AND tablename IN %s
                AND NOT EXISTS (
                    SELECT FROM pg_constraint
                    WHERE conindid = quote_ident(indexname)::regclass
                )
                """,
                TABLES,
            )
        )
        execute(SQL("SET session_replication_role = replica"))
        for name, _definition in found:
            execute(SQL("DROP INDEX %s", SQL.identifier(name)))
        self.env.cr.commit()
        yield
        for _name, definition in found:
            execute(SQL(definition))  # as the database itself wrote it
        execute(SQL("RESET session_replication_role"))
        self.env.cr.commit()

    def _draw_uses(self, count):
        """One row a move line: which lot of which product in which department."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO use
                SELECT n, (%(products)s::int4[])[1 + item],
                       (%(lots)s::int4[])[1 + item * %(lots_each)s + lot],
                       (%(wards)s::int4[])[1 + (n / (%(items)s * %(lots_each)s) + n)
                                             %% %(ward_count)s]
                  FROM (SELECT n, n %% %(items)s AS item,
                               n / %(items)s %% %(lots_each)s AS lot
                          FROM generate_series(1, %(count)s) n) drawn
                """,
                products=list(self.products.ids),
                lots=list(self.lots.ids),
                wards=list(self.departments["ours"].ids),
                items=PRODUCTS,
                lots_each=LOTS_OF_A_PRODUCT,
                ward_count=DEPARTMENTS,
                count=count // LINES_OF_A_MOVE,
            )
        )

    def _insert_moves(self):
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO stock_move (company_id, product_id, product_uom,
                       product_uom_qty, product_qty, quantity, location_id,
                       location_dest_id, state, picked, date, procure_method, value,
                       is_in, is_out, med_department_id, origin)
                SELECT %(company)s, product, %(unit)s, %(lines)s, %(lines)s, %(lines)s,
                       ward.stock_location_id, ward.consumption_location_id, 'done',
                       TRUE, now() - n %% %(days)s * interval '1 day', 'make_to_stock',
                       10, FALSE, TRUE, ward.id, 'bench ' || n
                  FROM use JOIN med_department ward ON ward.id = use.w
                """,
                company=self.env.company.id,
                unit=self.products.uom_id[:1].id,
                lines=LINES_OF_A_MOVE,
                days=DAYS,
            )
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO stock_move_line (company_id, move_id, product_id,
                       product_uom_id, quantity, quantity_product_uom, lot_id,
                       location_id, location_dest_id, state, picked, date)
                SELECT move.company_id, move.id, move.product_id, move.product_uom,
                       move.quantity, move.quantity, use.lot, move.location_id,
                       move.location_dest_id, 'done', TRUE, move.date
                  FROM use JOIN stock_move move ON move.origin = 'bench ' || use.n
                """
            )
        )

    def _insert_lines(self):
        """By the million: in parts, so that none of them fills the memory."""
        [[first, last]] = self.env.execute_query(
            SQL(
                "SELECT min(line.id), max(line.id) FROM stock_move_line line "
                "JOIN stock_move move ON move.id = line.move_id "
                "WHERE move.origin LIKE %s",
                "bench %",
            )
        )
        for start in range(first, last + 1, PART):
            self._insert_part(start, start + PART)
            self.env.cr.commit()

    def _insert_part(self, start, end):
        self.env.cr.execute(
            SQL(
                """
                WITH made AS (
                    INSERT INTO med_consumption (company_id, department_id, location_id,
                           product_id, uom_id, kind, quantity, event_time, source,
                           external_key, encounter_token, state, lot_id, value)
                    SELECT line.company_id, move.med_department_id, line.location_id,
                           line.product_id, line.product_uom_id, 'use', 1, line.date,
                           'his:bench', line.id || '/' || part, md5(line.id::text),
                           'posted', line.lot_id, 2
                      FROM stock_move_line line
                      JOIN stock_move move ON move.id = line.move_id
                     CROSS JOIN generate_series(1, %s) part
                     WHERE move.origin LIKE %s AND line.id >= %s AND line.id < %s
                    RETURNING id, split_part(external_key, '/', 1)::int AS move_line
                )
                INSERT INTO med_consumption_allocation
                       (consumption_id, move_line_id, quantity, value)
                SELECT id, move_line, 1, 2 FROM made
                """,
                LINES_OF_A_MOVE,
                "bench %",
                start,
                end,
            )
        )
