"""What lies in the places of an item, counted from the records themselves.

The one place that says how the figures of the one view come about; whoever keeps or
shows them asks here.
"""

from odoo.tools import SQL

#: What tells a place from the others.
KEY = ("id", "product_id", "location_id", "owner_id")
#: What is kept of each place: the figures, and until when they hold.
FIGURES = (
    "on_hand",
    "expired",
    "held",
    "reserved",
    "pending",
    "in_transit",
    "usable",
    "next_expiry",
    "daily_use",
    "days_of_cover",
    "value",
    "changes_at",
)
#: What is kept beside them: whose the place is and what the item is, by which a whole
#: hospital is filtered and grouped without looking anything up, and whether the place
#: is one of the view at all.
TRAITS = (
    "company",
    "currency",
    "warehouse",
    "department",
    "place_kind",
    "categ",
    "uom",
    "med_value_class",
    "med_abc",
    "med_ved",
    "shown",
)

_COUNTED = """
    SELECT place.id, place.product_id, place.location_id, place.owner_id,
        coalesce(pile.on_hand, 0)::float8 AS on_hand,
        coalesce(pile.expired, 0)::float8 AS expired,
        coalesce(pile.held, 0)::float8 AS held,
        coalesce(pile.reserved, 0)::float8 AS reserved,
        coalesce(pending.quantity, 0)::float8 AS pending,
        coalesce(coming.quantity, 0)::float8 AS in_transit,
        left_over.usable,
        pile.next_expiry,
        used.daily_use::float8 AS daily_use,
        greatest(left_over.usable, 0) / used.daily_use::float8 AS days_of_cover,
        CASE WHEN place.owner_id IS NULL OR place.owner_id = company.partner_id
            THEN coalesce(round(100 * pile.on_hand::float8 * (
                product.standard_price ->> location.company_id::text
            )::float8), 0) / 100
            ELSE 0 END AS value,
        pile.changes_at,
        location.company_id AS company,
        company.currency_id AS currency,
        location.warehouse_id AS warehouse,
        location.med_department_id AS department,
        (CASE WHEN location.usage = 'transit' THEN 'transit'
            WHEN department.id IS NULL OR department.kind = 'store' THEN 'store'
            ELSE 'ward' END)::varchar AS place_kind,
        template.categ_id AS categ,
        template.uom_id AS uom,
        template.med_value_class, template.med_abc, template.med_ved,
        location.usage IN ('internal', 'transit')
            AND coalesce(template.med_consumable, FALSE) AS shown
    FROM (%(wanted)s) place
    JOIN stock_location location ON location.id = place.location_id
    JOIN product_product product ON product.id = place.product_id
    JOIN product_template template ON template.id = product.product_tmpl_id
    LEFT JOIN res_company company ON company.id = location.company_id
    LEFT JOIN res_partner hospital ON hospital.id = company.partner_id
    LEFT JOIN LATERAL (
        SELECT sum(quant.quantity) AS on_hand,
            sum(quant.quantity) FILTER (WHERE state.late) AS expired,
            sum(quant.quantity) FILTER (WHERE NOT state.late AND state.held) AS held,
            sum(quant.reserved_quantity)
                FILTER (WHERE NOT state.late AND NOT state.held) AS reserved,
            (min(quant.expiration_date)
                FILTER (WHERE NOT state.late AND quant.quantity > 0)
                AT TIME ZONE 'UTC' AT TIME ZONE coalesce(hospital.tz, 'UTC')
            )::date AS next_expiry,
            min(state.leaves) FILTER (WHERE NOT state.late) AS changes_at
        FROM stock_quant quant
        CROSS JOIN LATERAL (
            SELECT least(quant.removal_date, quant.expiration_date) AS leaves,
                coalesce(
                    least(quant.removal_date, quant.expiration_date)
                    <= now() AT TIME ZONE 'UTC', FALSE
                ) AS late,
                coalesce(quant.med_hold, FALSE)
                    OR coalesce(location.med_quarantine, FALSE) AS held
        ) state
        WHERE quant.product_id = place.product_id
        AND quant.location_id = place.location_id
        AND quant.owner_id IS NOT DISTINCT FROM place.owner_id
    ) pile ON TRUE
    LEFT JOIN LATERAL (
        SELECT sum(
            CASE line.kind WHEN 'return' THEN -line.quantity ELSE line.quantity END
        ) AS quantity
        FROM med_consumption line
        WHERE line.state IN ('recorded', 'incident')
        AND line.product_id = place.product_id
        AND line.location_id = place.location_id
    ) pending ON place.owner_id IS NULL
    LEFT JOIN LATERAL (
        SELECT sum(line.quantity_product_uom) AS quantity
        FROM stock_move_line line
        JOIN stock_location origin ON origin.id = line.location_id
        WHERE line.state IN ('assigned', 'partially_available')
        AND line.product_id = place.product_id
        AND line.location_dest_id = place.location_id
        AND origin.usage IN ('internal', 'transit')
    ) coming ON place.owner_id IS NULL
    CROSS JOIN LATERAL (
        SELECT (coalesce(pile.on_hand, 0) - coalesce(pile.expired, 0)
            - coalesce(pile.held, 0) - coalesce(pile.reserved, 0)
            - coalesce(pending.quantity, 0))::float8 AS usable
    ) left_over
    %(used)s
"""

#: The daily use that counts for each place: of its ward, or of all for a store.
_USED = """
    LEFT JOIN med_department department ON department.id = location.med_department_id
    LEFT JOIN stock_warehouse warehouse ON warehouse.id = location.warehouse_id
    LEFT JOIN med_daily_use used ON location.usage = 'internal'
        AND used.product_id = place.product_id
        AND used.location_id = CASE
            WHEN department.id IS NULL OR department.kind = 'store'
            THEN warehouse.lot_stock_id
            ELSE department.stock_location_id END
"""

#: A place that has no row yet is known by the number of its first touch. Each touch
#: looks its row up by the index: few are touched, and there are a million rows.
_OUTDATED = """
    SELECT coalesce(place.id, touch.id) AS id,
        touch.product AS product_id, touch.location AS location_id,
        touch.owner AS owner_id
    FROM (
        SELECT min(id) AS id, product, location, owner FROM med_stock_touch
        GROUP BY product, location, owner
    ) touch
    LEFT JOIN LATERAL (
        SELECT known.id FROM med_stock_place known
        WHERE known.product_id = touch.product AND known.location_id = touch.location
        AND known.owner_id IS NOT DISTINCT FROM touch.owner
        LIMIT 1
    ) place ON TRUE
    UNION
    %(due)s
"""

_DUE = """
    SELECT due.id, due.product_id, due.location_id, due.owner_id
    FROM med_stock_place due WHERE due.changes_at <= now() AT TIME ZONE 'UTC'
"""

_NEW = """
    SELECT min(touch.id) AS id, touch.product AS product_id,
        touch.location AS location_id, touch.owner AS owner_id
    FROM (%(touches)s) touch
    JOIN stock_location location ON location.id = touch.location
        AND location.usage IN ('internal', 'transit')
    JOIN product_product product ON product.id = touch.product
    LEFT JOIN res_partner owner ON owner.id = touch.owner
    WHERE owner.id IS NOT DISTINCT FROM touch.owner
    AND NOT EXISTS (
        SELECT FROM med_stock_place place WHERE place.product_id = touch.product
        AND place.location_id = touch.location
        AND place.owner_id IS NOT DISTINCT FROM touch.owner
    )
    GROUP BY touch.product, touch.location, touch.owner
"""


def counted(wanted: SQL) -> SQL:
    """A query with ``KEY``, ``FIGURES`` and ``TRAITS`` of the places whose ``KEY``
    ``wanted`` has.

    Late is what has passed the earlier of its removal and expiry dates: it counts as
    expired and nothing else; what is held counts neither as usable nor as reserved.
    ``changes_at`` is when the next lot becomes late: until then the figures hold unless
    something happens.
    """
    return SQL(_COUNTED, wanted=wanted, used=SQL(_USED))


def joined_daily_use() -> SQL:
    """Joins ``used`` with its ``daily_use`` to ``place`` in ``location``."""
    return SQL(_USED)


def outdated() -> SQL:
    """A query for ``counted``: the places whose kept figures do not hold any more."""
    return SQL(_OUTDATED, due=due())


def due() -> SQL:
    """A query with the keys of the places where a lot has left by its date."""
    return SQL(_DUE)


def new_places(touches: SQL) -> SQL:
    """A query with the keys of those ``touches`` whose place has no row yet."""
    return SQL(_NEW, touches=touches)
