"""Eighteen months of use: old days as history, the last ones to be posted."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from . import catalogue, shapes

DAYS = 548  # eighteen months
OPENING_DAYS = 30  # since the hospital posts to stock
CHUNK = 5000


def record(env, products, departments, today, time_zone, say):
    """Record everything used before ``today``; returns the use of the posted days.

    ``{(item code, department code): whole numbers of the last OPENING_DAYS days}``
    """
    dates, use = shapes.daily_use(
        catalogue.items(), catalogue.departments(), today, DAYS
    )
    zone = ZoneInfo(time_zone)
    opening = today - timedelta(days=OPENING_DAYS)
    values = []
    for (item, department), quantities in use.items():
        product_id, department_id = products[item].id, departments[department].id
        # Each pair of item and department is used at its own hour of the day.
        hour = 8 + (products[item].id + department_id) % 10
        for date, quantity in zip(dates, quantities.tolist(), strict=True):
            if not quantity:
                continue
            moment = datetime.combine(date, time(hour, 20), zone).astimezone(UTC)
            values.append(
                {
                    "department_id": department_id,
                    "product_id": product_id,
                    "kind": "use",
                    "quantity": quantity,
                    "event_time": moment.replace(tzinfo=None),
                    "source": "import:charges",
                    "external_key": f"{date:%Y%m%d}-{department}-{item}",
                    "historical": date < opening,
                }
            )
    Ledger = env["med.consumption"]
    for start in range(0, len(values), CHUNK):
        Ledger._record(values[start : start + CHUNK])
        env.cr.commit()
        env.invalidate_all()
        say(f"history: {min(start + CHUNK, len(values))} of {len(values)} lines")
    return {pair: quantities[-OPENING_DAYS:] for pair, quantities in use.items()}
