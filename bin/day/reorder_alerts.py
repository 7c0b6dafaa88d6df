"""What a storekeeper sees of the alerts at reorder points, and what each asks for."""

OPEN = [("state", "in", ("open", "acknowledged"))]


def waiting(person):
    """Alerts nobody works on, each with what its reorder rule would do.

    ``action`` is ``pull`` (the store serves the shelf: ``from``, ``type``) or ``buy``;
    ``missing`` is what the shelf lacks to be full.
    """
    alerts = person.search(
        "med.alert",
        [*OPEN, ("orderpoint_id", "!=", False), ("kind", "=", "reorder_point")],
        ["product_id", "location_id", "orderpoint_id", "measured"],
    )
    orderpoints = person.by_id(
        "stock.warehouse.orderpoint",
        [alert["orderpoint_id"] for alert in alerts],
        ["product_max_qty", "rule_ids"],
    )
    steps = person.by_id(
        "stock.rule",
        [step for row in orderpoints.values() for step in row["rule_ids"]],
        ["action", "location_dest_id", "location_src_id", "picking_type_id"],
    )
    for alert in alerts:
        orderpoint = orderpoints[alert["orderpoint_id"]]
        last_step = next(
            steps[step]
            for step in orderpoint["rule_ids"]
            if steps[step]["location_dest_id"] == alert["location_id"]
        )
        alert |= {
            "action": last_step["action"],
            "from": last_step["location_src_id"],
            "type": last_step["picking_type_id"],
            "missing": orderpoint["product_max_qty"] - alert["measured"],
        }
    return alerts
