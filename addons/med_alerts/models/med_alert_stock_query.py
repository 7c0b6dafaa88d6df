from odoo import api, models
from odoo.tools import SQL

SHELVES = SQL(
    """
    SELECT stock_location_id AS id FROM med_department
    WHERE active AND stock_location_id IS NOT NULL
    UNION SELECT lot_stock_id FROM stock_warehouse WHERE active
    UNION SELECT location_id FROM stock_warehouse_orderpoint WHERE active
    """
)

#: Columns of the stock, from the piles, the pending use, the daily use and the rules.
FIGURES = SQL(
    """
    coalesce(pile.on_hand, 0) AS on_hand,
    coalesce(pile.expired, 0) AS expired,
    coalesce(pile.held, 0) AS held,
    coalesce(pile.reserved, 0) AS reserved,
    coalesce(pending.quantity, 0) AS pending,
    coalesce(pile.on_hand - pile.expired - pile.held - pile.reserved, 0)
        - coalesce(pending.quantity, 0) AS usable,
    coalesce(used.daily_use, 0) AS daily_use,
    kept.id AS orderpoint_id,
    kept.product_min_qty AS reorder_point,
    kept.product_max_qty AS order_up_to,
    kept.med_safety_stock AS safety_stock,
    coalesce(kept.product_max_qty > 0, used.daily_use > 0, FALSE) AS is_kept,
    pile.oldest
    """
)


class MedAlertRule(models.Model):
    """The query behind the stock of ``look``: what lies there, what was used and waits
    to be posted, what is used a day, what a reorder rule keeps.
    """

    _inherit = "med.alert.rule"

    @api.model
    def _stock_query(self, look):
        return SQL(
            """
            WITH inside AS MATERIALIZED (%(inside)s), pile AS (%(piles)s),
            pending AS (%(pending)s), used AS (
                SELECT average.product_id, average.location_id AS shelf_id,
                    average.daily_use
                FROM (%(daily_use)s) average WHERE %(averages)s
            ), kept AS (
                SELECT point.product_id, point.location_id AS shelf_id, point.id,
                    point.product_min_qty, point.product_max_qty,
                    point.med_safety_stock, point.company_id
                FROM stock_warehouse_orderpoint point
                WHERE point.active AND %(points)s
            ), pair AS (
                SELECT product_id, shelf_id FROM pile
                UNION SELECT product_id, shelf_id FROM pending
                UNION SELECT product_id, shelf_id FROM used
                UNION SELECT product_id, shelf_id FROM kept
            )
            SELECT pair.product_id, pair.shelf_id AS location_id,
                location.med_department_id AS department_id,
                coalesce(kept.company_id, location.company_id) AS company_id,
                %(figures)s
            FROM pair
            JOIN product_product product
                ON product.id = pair.product_id AND product.active
            JOIN product_template template ON template.id = product.product_tmpl_id
            JOIN stock_location location
                ON location.id = pair.shelf_id AND location.usage = 'internal'
            LEFT JOIN pile ON pile.product_id = pair.product_id
                AND pile.shelf_id = pair.shelf_id
            LEFT JOIN pending ON pending.product_id = pair.product_id
                AND pending.shelf_id = pair.shelf_id
            LEFT JOIN used ON used.product_id = pair.product_id
                AND used.shelf_id = pair.shelf_id
            LEFT JOIN kept ON kept.product_id = pair.product_id
                AND kept.shelf_id = pair.shelf_id
            WHERE (template.med_consumable OR kept.id IS NOT NULL)
            AND coalesce(kept.company_id, location.company_id) IS NOT NULL
            AND %(pairs)s
            """,
            inside=self._inside_sql(),
            piles=self._piles_sql(look),
            pending=self._pending_sql(look),
            daily_use=self._daily_use_sql(),
            averages=self._touched_sql(SQL("average.product_id"), look),
            points=self._touched_sql(SQL("point.product_id"), look),
            figures=FIGURES,
            pairs=self._pairs_sql(SQL("pair.product_id"), SQL("pair.shelf_id"), look),
        )

    @api.model
    def _piles_sql(self, look):
        """What lies on the shelves of ``inside`` and in what state."""
        return SQL(
            """
            SELECT quant.product_id, inside.shelf_id,
                sum(quant.quantity) AS on_hand,
                min(quant.in_date) FILTER (WHERE quant.quantity > 0) AS oldest,
                coalesce(sum(quant.quantity) FILTER (WHERE state.late), 0) AS expired,
                coalesce(sum(quant.quantity)
                    FILTER (WHERE NOT state.late AND state.held), 0) AS held,
                coalesce(sum(quant.reserved_quantity)
                    FILTER (WHERE NOT state.late AND NOT state.held), 0) AS reserved
            FROM inside %(asked)s
            JOIN stock_quant quant ON quant.location_id = inside.place_id AND %(quants)s
            CROSS JOIN LATERAL (
                SELECT %(late)s AS late,
                    coalesce(quant.med_hold, FALSE) OR inside.quarantine AS held
            ) state
            GROUP BY quant.product_id, inside.shelf_id
            """,
            asked=self._asked_sql(look, SQL("inside.shelf_id")),
            quants=SQL("TRUE")
            if look is None or look.pairs is None
            else SQL("quant.product_id = asked.product_id"),
            late=self._late_sql(SQL("quant")),
        )

    @api.model
    def _pending_sql(self, look):
        """What was used from the shelves of ``inside`` and is not posted yet."""
        return SQL(
            """
            SELECT line.product_id, inside.shelf_id,
                sum(CASE line.kind WHEN 'return' THEN -line.quantity
                    ELSE line.quantity END) AS quantity
            FROM med_consumption line
            JOIN inside ON inside.place_id = line.location_id
            WHERE line.state IN ('recorded', 'incident') AND %s
            GROUP BY line.product_id, inside.shelf_id
            """,
            self._touched_sql(SQL("line.product_id"), look),
        )

    @api.model
    def _late_sql(self, quant):
        """SQL: whether a quant is past its date, as ``_med_late_domain`` says it."""
        return SQL(
            "coalesce(least(%(q)s.removal_date, %(q)s.expiration_date) "
            "<= now() AT TIME ZONE 'UTC', FALSE)",
            q=quant,
        )

    @api.model
    def _asked_sql(self, look, shelf):
        """JOIN that narrows shelves down to the pairs of ``look``, and the product.

        Of a thousand products that were touched somewhere only these shelves count:
        the database looks up their piles, and not those of every department.
        """
        if look is None or look.pairs is None:
            return SQL()
        pairs = sorted(look.pairs)
        return SQL(
            "JOIN unnest(%s::int[], %s::int[]) AS asked (product_id, place_id)"
            " ON asked.place_id = %s",
            [pair[0] for pair in pairs],
            [pair[1] for pair in pairs],
            shelf,
        )

    @api.model
    def _pairs_sql(self, product, place, look):
        """SQL: whether this product in this place is one that ``look`` is about."""
        if look is None or look.pairs is None:
            return SQL("TRUE")
        pairs = sorted(look.pairs)
        return SQL(
            "(%s, %s) IN (SELECT * FROM unnest(%s::int[], %s::int[]))",
            product,
            place,
            [pair[0] for pair in pairs],
            [pair[1] for pair in pairs],
        )

    @api.model
    def _touched_sql(self, product, look):
        """SQL: whether ``look`` is about this product; an index finds it."""
        if look is None or look.pairs is None:
            return SQL("TRUE")
        return SQL("%s = ANY(%s)", product, sorted({pair[0] for pair in look.pairs}))

    @api.model
    def _inside_sql(self):
        """SELECT of shelves and each place inside: shelf_id, place_id, quarantine."""
        return SQL(
            """
            SELECT shelf.id AS shelf_id, place.id AS place_id,
                coalesce(place.med_quarantine, FALSE) AS quarantine
            FROM stock_location place
            CROSS JOIN LATERAL unnest(
                string_to_array(trim(trailing '/' FROM place.parent_path), '/')::int[]
            ) AS above (id)
            JOIN (%s) shelf ON shelf.id = above.id
            """,
            SHELVES,
        )
