"""The database notes which places of an item are to be counted anew.

Stock, ledger and transfers are written by the ORM, by statements over thousands of rows
and by Odoo's own SQL. Triggers see all of them. They run once a statement and add a row
a place to the queue ``med_stock_touch``, and do nothing else: a row that is added waits
for nobody and cannot fail because of what others write at the same moment.
"""

from odoo.tools import SQL

#: All that ``drop_triggers`` takes away; triggers go with their function.
FUNCTIONS = (
    "med_touch_quants",
    "med_touch_uses",
    "med_touch_transfers",
    "med_touch_locations",
    "med_touch_departments",
    "med_touch_items",
    "med_touch_templates",
    "med_touch_companies",
)

#: The row of a place that has none yet gets the number of its first touch, so that it
#: is known by the same number before and after it is counted.
_TOUCH = """
INSERT INTO med_stock_touch (id, product, location, owner)
SELECT nextval('med_stock_place_id_seq'), key.*
"""

#: A trigger's function: each query finds (product_id, location_id, owner_id) to touch.
_TOUCHING = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        {touch} FROM (SELECT DISTINCT row.* FROM ({after}) row) key;
    ELSIF TG_OP = 'DELETE' THEN
        {touch} FROM (SELECT DISTINCT row.* FROM ({before}) row) key;
    ELSE
        {touch} FROM (
            (SELECT row.* FROM ({changed_after}) row)
            UNION
            (SELECT row.* FROM ({changed_before}) row)
        ) key;
    END IF;
    RETURN NULL;
END $$
"""

_CHANGED = """
{keys} FROM {one} line JOIN {other} other ON other.id = line.id
WHERE {where} AND ({columns}) IS DISTINCT FROM ({others})
"""

#: function: (table, which rows matter, columns that figures depend on, keys)
_SOURCES = {
    "med_touch_quants": (
        "stock_quant",
        # Where used items go and where they come from is no place of the view.
        "EXISTS (SELECT FROM stock_location place WHERE place.id = line.location_id "
        "AND place.usage IN ('internal', 'transit'))",
        "product_id location_id owner_id quantity reserved_quantity removal_date "
        "expiration_date med_hold",
        "SELECT line.product_id, line.location_id, line.owner_id",
    ),
    "med_touch_uses": (
        "med_consumption",
        "line.state IN ('recorded', 'incident') AND line.location_id IS NOT NULL",
        "product_id location_id kind quantity state",
        "SELECT line.product_id, line.location_id, NULL::integer AS owner_id",
    ),
    "med_touch_transfers": (
        "stock_move_line",
        "line.state IN ('assigned', 'partially_available')",
        "product_id location_id location_dest_id quantity_product_uom state",
        "SELECT line.product_id, line.location_dest_id AS location_id, "
        "NULL::integer AS owner_id",
    ),
}

_LOCATIONS = """
CREATE OR REPLACE FUNCTION med_touch_locations() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed integer[];
BEGIN
    SELECT array_agg(old_one.id) INTO changed
    FROM old_rows old_one JOIN new_rows new_one ON new_one.id = old_one.id
    WHERE (new_one.usage, new_one.med_quarantine, new_one.med_department_id,
        new_one.warehouse_id, new_one.company_id) IS DISTINCT FROM (old_one.usage,
        old_one.med_quarantine, old_one.med_department_id, old_one.warehouse_id,
        old_one.company_id);
    IF changed IS NOT NULL THEN
        {touch} FROM (
            SELECT product_id, location_id, owner_id FROM stock_quant
            WHERE location_id = ANY(changed)
            UNION
            SELECT product_id, location_id, owner_id FROM med_stock_place
            WHERE location_id = ANY(changed)
        ) key;
    END IF;
    RETURN NULL;
END $$
"""

#: A trigger's function for what is copied to the rows of places: ``joined`` leads from
#: the changed record ``old_one`` to its places.
_COPIED = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {touch} FROM (
        SELECT place.product_id, place.location_id, place.owner_id
        FROM old_rows old_one
        JOIN new_rows new_one ON new_one.id = old_one.id
        {joined}
        WHERE ({after}) IS DISTINCT FROM ({before})
    ) key;
    RETURN NULL;
END $$
"""

#: function: (table, columns that places have copies of, how to find the places)
_COPIES = {
    "med_touch_departments": (
        "med_department",
        "kind stock_location_id",
        "JOIN stock_location location ON location.med_department_id = old_one.id "
        "JOIN med_stock_place place ON place.location_id = location.id",
    ),
    "med_touch_items": (
        "product_product",
        "product_tmpl_id standard_price",
        "JOIN med_stock_place place ON place.product_id = old_one.id",
    ),
    "med_touch_templates": (
        "product_template",
        "categ_id uom_id med_consumable med_value_class med_abc med_ved",
        "JOIN product_product item ON item.product_tmpl_id = old_one.id "
        "JOIN med_stock_place place ON place.product_id = item.id",
    ),
    "med_touch_companies": (
        "res_company",
        "currency_id partner_id",
        "JOIN stock_location location ON location.company_id = old_one.id "
        "JOIN med_stock_place place ON place.location_id = location.id",
    ),
}

_EVENTS = {
    "INSERT": "NEW TABLE AS new_rows",
    "DELETE": "OLD TABLE AS old_rows",
    "UPDATE": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
}


def create_triggers(cr):
    """Create them, or bring those there are up to date."""
    for function, (table, where, columns, keys) in _SOURCES.items():
        _execute(cr, _touching(function, where, columns.split(), keys))
        for event in _EVENTS:
            _create_trigger(cr, function, table, event)
    _execute(cr, _LOCATIONS.format(touch=_TOUCH))
    _create_trigger(cr, "med_touch_locations", "stock_location", "UPDATE")
    for function, (table, columns, joined) in _COPIES.items():
        _execute(cr, _copied(function, columns.split(), joined))
        _create_trigger(cr, function, table, "UPDATE")


def drop_triggers(cr):
    for function in FUNCTIONS:
        _execute(cr, f"DROP FUNCTION IF EXISTS {function} CASCADE")


def _touching(function, where, columns, keys):
    def changed(one, other):
        return _CHANGED.format(
            keys=keys,
            one=one,
            other=other,
            where=where,
            columns=", ".join(f"line.{name}" for name in columns),
            others=", ".join(f"other.{name}" for name in columns),
        )

    return _TOUCHING.format(
        touch=_TOUCH,
        function=function,
        after=f"{keys} FROM new_rows line WHERE {where}",
        before=f"{keys} FROM old_rows line WHERE {where}",
        changed_after=changed("new_rows", "old_rows"),
        changed_before=changed("old_rows", "new_rows"),
    )


def _copied(function, columns, joined):
    return _COPIED.format(
        touch=_TOUCH,
        function=function,
        joined=joined,
        after=", ".join(f"new_one.{name}" for name in columns),
        before=", ".join(f"old_one.{name}" for name in columns),
    )


def _create_trigger(cr, function, table, event):
    _execute(
        cr,
        f"CREATE OR REPLACE TRIGGER {function}_{event.lower()} AFTER {event} ON {table}"
        f" REFERENCING {_EVENTS[event]} FOR EACH STATEMENT EXECUTE FUNCTION"
        f" {function}()",
    )


def _execute(cr, statement):
    cr.execute(SQL(statement))  # made of the constants above, of nothing from outside
