"""Reorder levels as others set them, from the same past; ``scale`` moves each along
its own curve of stock against fill, so that all can be compared at equal fill.

Each returns reorder point and order-up-to, (items,), seen from day ``day``.
"""

import numpy as np

YEAR = 365
COVER_DAYS = 14


def static_days(past, scale, _today, terms):
    """What many hospitals do: 15 days of use at least, 30 at most, set once."""
    daily = past[:, -YEAR:].mean(1)
    low = np.ceil(daily * 15 * scale)
    return low, np.maximum(np.ceil(daily * 30 * scale), low + 1)


def odoo_min_max(past, scale, _today, terms):
    """Odoo's reordering rule as a careful user sets it once: one and a half times the
    use of lead time and review, and two weeks more."""
    daily = past[:, -YEAR:].mean(1)
    low = np.ceil(daily * (terms.lead + terms.review) * 1.5 * scale)
    return low, np.ceil(low + np.maximum(daily * COVER_DAYS, 1))


def textbook_z(past, scale, today, terms):
    """s = d (L + R) + z sqrt((L + R) sigma^2 + d^2 sigma_L^2) of half a year, weekly.

    Silver, Pyke & Thomas, ch. 6; ``scale`` is z.
    """
    window = today[:, -180:]
    daily, deviation = window.mean(1), window.std(1)
    days = terms.lead + terms.review
    chance = days * deviation**2 + daily**2 * terms.lead_variance
    low = daily * days + scale * np.sqrt(chance)
    return low, low + np.maximum(daily * COVER_DAYS, 1)


def oca_ddmrp(_past, scale, today, terms):
    """The buffer of OCA's ddmrp: red, yellow and green from average daily use.

    Use of 120 days; factors of lead time 0.75 / 0.5 / 0.25, of variability
    0.25 / 0.5 / 0.75. Orders below the top of yellow, up to the top of green.
    """
    daily = today[:, -120:].mean(1)
    lead_factor = np.select([terms.lead <= 5, terms.lead <= 12], [0.75, 0.5], 0.25)
    weeks = today[:, -364:]
    weeks = weeks[:, weeks.shape[1] % 7 :].reshape(len(today), -1, 7).sum(2)
    varies = weeks.std(1) / np.maximum(weeks.mean(1), 1e-9)
    factor = np.select([varies < 0.4, varies < 0.8], [0.25, 0.5], 0.75)
    base = np.round(terms.lead * daily * lead_factor)
    red = (base + np.round(base * factor)) * scale
    yellow = red + np.round(terms.lead * daily)
    green = np.maximum(np.round(terms.review * daily), base)
    return yellow, yellow + np.maximum(green, terms.least)


#: Policy, scales from scarce to plenty, and whether it is set once or every week.
PEERS = {
    "odoo_min_max": (odoo_min_max, (0.2, 0.4, 0.75, 1, 1.5, 2, 3, 4, 6, 9), True),
    "static_days": (static_days, (0.2, 0.4, 0.7, 1, 1.5, 2, 3, 4, 6, 9), True),
    "textbook_z": (
        textbook_z,
        (-0.8, 0, 0.5, 0.9, 1.28, 1.645, 2.05, 2.6, 3.3, 4.2, 5.5),
        False,
    ),
    "oca_ddmrp": (oca_ddmrp, (0.3, 0.6, 1, 2, 3, 4.5, 7, 10, 15, 22), False),
}
