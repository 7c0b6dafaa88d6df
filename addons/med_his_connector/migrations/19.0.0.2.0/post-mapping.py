"""A channel's own places were five fields of it; they are rows of its mapping now.

A place held for every kind of charge, so each kind gets a row with it.
"""

from odoo.tools.sql import column_exists

FAMILIES = ("dft", "ras", "platform")
PIECES = ("item", "department", "lot", "expiry", "serial")


def migrate(cr, version):
    for piece in PIECES:
        if not column_exists(cr, "med_his_channel", f"{piece}_path"):
            continue
        cr.execute(
            f"""
            INSERT INTO med_his_mapping
                (channel_id, company_id, family, piece, places, sequence, is_own)
            SELECT channel.id, channel.company_id, family, %(piece)s,
                channel.{piece}_path, 0, true
            FROM med_his_channel channel, unnest(%(families)s) family
            WHERE channel.{piece}_path IS NOT NULL
            ON CONFLICT DO NOTHING
            """,  # noqa: S608  the names are written above
            {"piece": piece, "families": list(FAMILIES)},
        )
