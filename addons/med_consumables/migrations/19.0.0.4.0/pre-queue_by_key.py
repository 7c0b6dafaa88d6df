"""The queue of places to be counted names item, location and owner, not a row.

It is made anew, empty: this upgrade counts all places. Its old writers go with it.
"""


def migrate(cr, version):
    cr.execute("DROP FUNCTION IF EXISTS med_touch_places CASCADE")
    for source in ("quants", "uses", "transfers", "locations", "departments"):
        cr.execute(f"DROP FUNCTION IF EXISTS med_touch_{source} CASCADE")
    cr.execute("DROP TABLE IF EXISTS med_stock_touch")
