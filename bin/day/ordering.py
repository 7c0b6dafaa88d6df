"""Orders: the buyer makes one per supplier and place of approved requests."""

from .person import Refused


def order(buyer, requests):
    """Make and confirm the orders; returns their ids and what the day's came to.

    What no budget covers is refused; it stays a request for quotation.
    """
    orders = _unreceived(buyer)
    refused, amount, confirmed = [], 0.0, 0
    for lines, supplier in _lines_to_order(buyer, requests):
        quotation = _quotation(buyer, lines, supplier)
        try:
            buyer.call("purchase.order", "button_confirm", [quotation])
        except Refused as answer:
            refused.append(str(answer))
            continue
        [row] = buyer.search(
            "purchase.order",
            [("id", "=", quotation)],
            ["state", "amount_total", "name"],
        )
        if row["state"] == "purchase":
            orders.append(quotation)
            confirmed += 1
            amount += row["amount_total"]
        else:
            refused.append(f"{row['name']} waits for an approval")
    return orders, {
        "orders": confirmed,
        "ordered": round(amount, 2),
        "refused": refused,
    }


def _unreceived(buyer):
    """Orders of an earlier, broken day that have not arrived."""
    orders = buyer.search(
        "purchase.order",
        [("state", "=", "purchase"), ("receipt_status", "!=", "full")],
        ["name"],
    )
    return [row["id"] for row in orders]


def _lines_to_order(buyer, requests):
    """Approved lines together that go to one supplier for one place."""
    approved = buyer.search(
        "purchase.request",
        [("id", "in", requests), ("state", "=", "approved")],
        ["picking_type_id"],
    )
    places = {row["id"]: row["picking_type_id"] for row in approved}
    lines = buyer.search(
        "purchase.request.line",
        [("request_id", "in", list(places)), ("cancelled", "=", False)],
        ["request_id", "product_id"],
    )
    suppliers = _suppliers(buyer, sorted({line["product_id"] for line in lines}))
    groups = {}
    for line in lines:
        key = suppliers[line["product_id"]], places[line["request_id"]]
        groups.setdefault(key, []).append(line["id"])
    return [(ids, supplier) for (supplier, _place), ids in groups.items()]


def _suppliers(buyer, products):
    """``{product: its first supplier}``."""
    first = {}
    for row in buyer.search(
        "product.supplierinfo",
        [("product_tmpl_id.product_variant_ids", "in", products)],
        ["product_tmpl_id", "partner_id"],
        order="sequence, id",
    ):
        first.setdefault(row["product_tmpl_id"], row["partner_id"])
    rows = buyer.by_id("product.product", products, ["product_tmpl_id"])
    return {product: first[row["product_tmpl_id"]] for product, row in rows.items()}


def _quotation(buyer, lines, supplier):
    """What the wizard "Create RFQ" does for these request lines."""
    model = "purchase.request.line.make.purchase.order"
    context = {"active_model": "purchase.request.line", "active_ids": lines}
    values = buyer.call(
        model, "default_get", ["item_ids", "supplier_id"], context=context
    )
    keep = ("line_id", "name", "product_qty", "product_uom_id")
    items = [
        (0, 0, {name: row[2][name] for name in keep}) for row in values["item_ids"]
    ]
    wizard = buyer.call(
        model,
        "create",
        {"supplier_id": supplier, "item_ids": items},
        context=context,
    )
    action = buyer.call(model, "make_purchase_order", [wizard], context=context)
    [[_field, _operator, orders]] = action["domain"]
    return orders[0]
