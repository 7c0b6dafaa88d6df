"""Transfers as a storekeeper makes and validates them."""

#: What the storekeeper answers to a question of Validate: no backorder; yes, expired.
ANSWERS = {
    "stock.backorder.confirmation": "process_cancel_backorder",
    "expiry.picking.confirmation": "process",
}


def issue(store, alerts):
    """Fill each shelf that the store serves; returns how many transfers were done."""
    shelves = {}
    for alert in alerts:
        if alert["action"] == "pull":
            shelves.setdefault(alert["location_id"], []).append(alert)
    return sum(_fill(store, shelf, lacking) for shelf, lacking in shelves.items())


def _fill(store, shelf, alerts):
    """One transfer to one shelf, made, reserved and validated; whether it was done."""
    places = {"location_id": alerts[0]["from"], "location_dest_id": shelf}
    moves = [
        (
            0,
            0,
            {
                "product_id": alert["product_id"],
                "product_uom_qty": alert["missing"],
                **places,
            },
        )
        for alert in alerts
    ]
    picking = store.call(
        "stock.picking",
        "create",
        {"picking_type_id": alerts[0]["type"], **places, "move_ids": moves},
    )
    store.call("stock.picking", "action_confirm", [picking])
    store.call("stock.picking", "action_assign", [picking])
    return validate(store, picking)


def validate(store, picking):
    """Press Validate and answer what it asks; whether the transfer was done."""
    question = store.call("stock.picking", "button_validate", [picking])
    if isinstance(question, dict) and (model := question.get("res_model")):
        context = question.get("context") or {}
        wizard = store.call(model, "create", {}, context=context)
        store.call(model, ANSWERS[model], [wizard], context=context)
    [row] = store.search("stock.picking", [("id", "=", picking)], ["state"])
    return row["state"] == "done"
