"""Receipts: the storekeeper books in what was ordered, with lots and expiry dates."""

from datetime import UTC, datetime, timedelta

from demo import catalogue

from .transfers import validate

#: What a line of a receipt takes over from its move.
OF_MOVE = ["picking_id", "product_id", "location_id", "location_dest_id"]


def receive(store, orders, zone):
    """Book in all that is on its way of ``orders``; returns how many receipts."""
    pickings = store.search(
        "stock.picking",
        [
            ("move_ids.purchase_line_id.order_id", "in", orders),
            ("state", "not in", ("done", "cancel")),
        ],
        ["name"],
    )
    return sum(_receive(store, picking["id"], zone) for picking in pickings)


def _receive(store, picking, zone):
    moves = store.search(
        "stock.move",
        [("picking_id", "=", picking)],
        [*OF_MOVE, "product_uom", "product_uom_qty"],
    )
    products = store.by_id(
        "product.product", [move["product_id"] for move in moves], ["default_code"]
    )
    items = catalogue.items()
    for move in moves:
        item = items[products[move["product_id"]]["default_code"]]
        _enter_lots(store, move, item, _lot_names(move, item, datetime.now(zone)))
    return validate(store, picking)


def _lot_names(move, item, today):
    """What is printed on the packs: one serial a piece, or one lot for all."""
    if item.tracking != "serial":
        return [catalogue.reported_lot(item) or f"{today:%y%m%d}{item.number:04d}"]
    pieces = int(move["product_uom_qty"])
    return [f"{item.number:04d}S{today:%y%m%d}{n + 1:02d}" for n in range(pieces)]


def _enter_lots(store, move, item, names):
    """Replace the proposed lines by the delivered lots, in equal parts."""
    lots = _have_lots(store, move["product_id"], item, names)
    taken_over = {name: move[name] for name in OF_MOVE}
    lines = [
        (
            0,
            0,
            {
                **taken_over,
                "lot_id": lots[name],
                "quantity": move["product_uom_qty"] / len(names),
                "product_uom_id": move["product_uom"],
            },
        )
        for name in names
    ]
    store.call(
        "stock.move",
        "write",
        [move["id"]],
        {"move_line_ids": [(5, 0, 0), *lines], "picked": True},
    )


def _have_lots(store, product, item, names):
    """``{name: lot}``; lots that are not known yet are made."""
    known = store.search(
        "stock.lot", [("product_id", "=", product), ("name", "in", names)], ["name"]
    )
    lots = {row["name"]: row["id"] for row in known}
    expiry = datetime.now(UTC) + timedelta(days=int(item.shelf_days * 0.9))
    for name in names:
        if name not in lots:
            lots[name] = store.call(
                "stock.lot",
                "create",
                {
                    "name": name,
                    "product_id": product,
                    "expiration_date": f"{expiry:%Y-%m-%d %H:%M:%S}",
                },
            )
    return lots
