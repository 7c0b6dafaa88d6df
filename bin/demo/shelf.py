"""Goods that lie on a shelf without an order, by a move as a count would make it."""

from odoo.fields import Command


def put(env, product, place, quantity, lot=None, owner=None):
    """``quantity`` of ``product`` from the inventory location to ``place``."""
    source = product.property_stock_inventory
    line = {
        "product_id": product.id,
        "product_uom_id": product.uom_id.id,
        "location_id": source.id,
        "location_dest_id": place.id,
        "quantity": quantity,
        "lot_id": lot.id if lot else False,
        "owner_id": owner.id if owner else False,
    }
    move = env["stock.move"].create(
        {
            "product_id": product.id,
            "product_uom": product.uom_id.id,
            "product_uom_qty": quantity,
            "location_id": source.id,
            "location_dest_id": place.id,
            "is_inventory": True,
            "picked": True,
            "state": "confirmed",
            "move_line_ids": [Command.create(line)],
        }
    )
    return move._action_done()
