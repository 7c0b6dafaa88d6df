"""Eighteen months of use: old days as history, the last ones to be posted."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from . import catalogue, shapes

DAYS = 548  # eighteen months
OPENING_DAYS = 30  # since the hospital posts to stock
CHUNK = 5000
#: What was used once and not again, {(item, department): (days ago, units)}: a drill of
#: the emergency department, and an inspection of the isolation ward.
ONE_OFFS = {("HC0206", "ER"): (118, 480), ("HC1004", "RESP"): (71, 260)}


def of_the_last_month(today):
    """Use of the days since the opening: ``{(item, department): whole numbers}``."""
    _dates, use = _all(today)
    return {pair: quantities[-OPENING_DAYS:] for pair, quantities in use.items()}


def record(env, today, time_zone, say):
    """Record everything used before ``today`` in the ledger."""
    products = {
        product.default_code: product.id
        for product in env["product.product"].search([("med_consumable", "=", True)])
    }
    departments = {
        department.code: department.id
        for department in env["med.department"].search([])
    }
    values = list(_lines(products, departments, today, ZoneInfo(time_zone)))
    for start in range(0, len(values), CHUNK):
        env["med.consumption"]._record(values[start : start + CHUNK])
        env.cr.commit()
        env.invalidate_all()
        done = min(start + CHUNK, len(values))
        say(f"recorded {done} of {len(values)} lines of use")


def _all(today):
    dates, use = shapes.daily_use(
        catalogue.items(), catalogue.departments(), today, DAYS
    )
    for pair, (days_ago, units) in ONE_OFFS.items():
        use[pair][-days_ago] += units
    return dates, use


def _lines(products, departments, today, zone):
    """Reported values of every day on which something was used."""
    dates, use = _all(today)
    opening = today - timedelta(days=OPENING_DAYS)
    for number, ((item, department), quantities) in enumerate(use.items()):
        # Each pair of item and department is used at its own hour of the day.
        hour = time(8 + number % 10, 20)
        for date, quantity in zip(dates, quantities.tolist(), strict=True):
            if not quantity:
                continue
            moment = datetime.combine(date, hour, zone).astimezone(UTC)
            yield {
                "department_id": departments[department],
                "product_id": products[item],
                "kind": "use",
                "quantity": quantity,
                "event_time": moment.replace(tzinfo=None),
                "source": "import:charges",
                "external_key": f"{date:%Y%m%d}-{department}-{item}",
                "historical": date < opening,
            }
