"""Requests to buy: the storekeeper asks, the buyer and the approver decide."""


def request(store, alerts):
    """Ask for what must be bought and submit it; returns the requests' ids."""
    if alerts:
        store.call(
            "med.alert", "action_request_purchase", [alert["id"] for alert in alerts]
        )
    # Also what an earlier, broken day left unfinished.
    asked = store.search(
        "purchase.request",
        [
            ("state", "in", ("draft", "to_approve", "approved")),
            ("requested_by", "=", store.uid),
        ],
        ["state"],
    )
    for row in asked:
        if row["state"] == "draft":
            store.call("purchase.request", "button_to_approve", [row["id"]])
    return [row["id"] for row in asked]


def approve(buyer, approver, requests):
    """Both say yes to what waits for them; returns how many are approved."""
    ours = [("id", "in", requests)]
    for person in (buyer, approver):
        waiting = person.search(
            "purchase.request", [*ours, ("state", "=", "to_approve")], ["can_review"]
        )
        for row in waiting:
            if row["can_review"]:
                person.call("purchase.request", "validate_tier", [row["id"]])
    return buyer.count("purchase.request", [*ours, ("state", "=", "approved")])
