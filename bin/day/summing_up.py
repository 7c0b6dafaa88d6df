"""What a day came to, in words: the lines on the screen, and what fell short."""

#: What the summary is called on the screen.
LABELS = {
    "messages": "messages sent by the HIS",
    "acknowledged": "acknowledged (AA)",
    "duplicates": "received before, not counted again",
    "exceptions": "exceptions: unknown department, unknown item",
    "lines": "lines of use recorded",
    "incidents": "lines that stock could not cover",
    "moves": "stock moves posted",
    "alerts": "alerts raised",
    "issues": "issues from the store to departments",
    "requests": "purchase requests",
    "approved": "approved",
    "orders": "orders confirmed within budget",
    "ordered": "ordered, with tax (CNY)",
    "receipts": "receipts",
    "spent": "cost of today's use (CNY)",
    "report_bytes": "workbook downloaded (bytes)",
    "seconds": "seconds from first message to last figure",
}
#: What a day's messages bring about, and what follows on the hospital's first day: the
#: shelves are such that the recorded day empties some. Later days may pass quietly.
EVERY_DAY = ("processed", "lines", "moves", "spent", "report_bytes")
FIRST_DAY = ("alerts", "issues", "requests", "approved", "orders", "receipts")


def shortcomings(summary):
    """What of the chain did not work; empty when all did."""
    missing = []
    if summary["acknowledged"] != summary["messages"]:
        missing.append("not every message was acknowledged")
    if summary["received"]:
        expected = EVERY_DAY + (FIRST_DAY if summary["first_day"] else ())
        missing += [f"no {name}" for name in expected if not summary[name]]
    elif summary["lines"]:
        missing.append("messages sent again made new lines")
    if summary["approved"] != summary["requests"]:
        missing.append("a request was not approved")
    if summary["receipts"] < summary["orders"]:
        missing.append("an order was not received")
    return missing


def lines(summary):
    """The summary as lines of text."""
    rows = [
        (f"{summary[name]:,}", label)
        for name, label in LABELS.items()
        if name in summary
    ]
    title = (
        "What happened"
        if summary["received"]
        else "This day was played before: its messages changed nothing"
    )
    out = ["", f"  {title}", ""]
    out += [f"  {value:>14}  {label}" for value, label in rows]
    for text in summary["refused"]:
        first, *rest = [line for line in text.splitlines() if line.strip()]
        out += ["", f"  Refused: {first}", *(f"           {line}" for line in rest)]
    return out
