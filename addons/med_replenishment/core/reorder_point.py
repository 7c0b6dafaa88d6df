"""Reorder point and order-up-to level, for demand and lead time that both vary.

Source: Silver, Pyke & Thomas, Inventory and Production Management in Supply Chains,
4th ed. (2017), ch. 6 (reorder point) and 6.9 (periodic review).

Every argument may be a number or an array of shape (items,). Quantities are in units of
the product, times in days, ``service`` is the probability, in (0, 1), that a cycle
passes without a stock-out.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Varying:
    """Something random by its mean and standard deviation.

    Demand is in units a day, with the deviation of one day's demand; a lead time in
    days.
    """

    mean: np.ndarray | float
    deviation: np.ndarray | float


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """What to hold, in units: below ``reorder_point`` order up to ``order_up_to``."""

    safety_stock: np.ndarray
    reorder_point: np.ndarray
    order_up_to: np.ndarray


def normal_quantile(service):
    """z of each service level.

    >>> float(normal_quantile(0.5))
    0.0
    """
    service = np.asarray(service, dtype=float)
    known = {level: NormalDist().inv_cdf(level) for level in np.unique(service)}
    return np.vectorize(known.__getitem__, otypes=[float])(service)


def safety_stock(demand: Varying, lead: Varying, service):
    """Stock held against chance while an order is on its way.

        SS = z * sqrt(L * sigma_d^2 + d^2 * sigma_L^2)

    With d = 10 a day, sigma_d = 3, L = 4 days, sigma_L = 1 and 97.7 % (z = 2):
    2 * sqrt(4 * 9 + 100 * 1) = 23.3.

    >>> round(float(safety_stock(Varying(10, 3), Varying(4, 1), 0.97725)), 1)
    23.3
    """
    chance = lead.mean * demand.deviation**2 + demand.mean**2 * lead.deviation**2
    return normal_quantile(service) * np.sqrt(chance)


def reorder_point(demand: Varying, lead: Varying, service):
    """Demand while an order is on its way, and the safety stock.

    >>> round(float(reorder_point(Varying(10, 3), Varying(4, 1), 0.97725)), 1)
    63.3
    """
    return demand.mean * lead.mean + safety_stock(demand, lead, service)


def order_up_to(demand: Varying, lead: Varying, review_days, service):
    """Stock, on hand and on order, that lasts until the order after the next is in.

    It is the reorder point of a lead time that is longer by the days between reviews.

        S = d * (R + L) + z * sqrt((R + L) * sigma_d^2 + d^2 * sigma_L^2)

    >>> round(float(order_up_to(Varying(10, 3), Varying(4, 1), 5, 0.5)), 1)
    90.0
    """
    longer = Varying(lead.mean + review_days, lead.deviation)
    return reorder_point(demand, longer, service)


def policy(demand: Varying, lead: Varying, review_days, service, pack, least) -> Policy:
    """Levels that can be worked with: whole units, and orders of whole packs.

    ``pack`` (units, > 0) is the multiple in which is ordered, ``least`` (units) the
    smallest order that the supplier takes. An order from the reorder point up is a
    whole number of packs, one at least.
    """
    point = _up(reorder_point(demand, lead, service), 1.0)
    lasting = order_up_to(demand, lead, review_days, service)
    order = np.maximum(_up(np.maximum(lasting - point, least), pack), pack)
    return Policy(safety_stock(demand, lead, service), point, point + order)


def _up(quantity, step):
    """``quantity`` rounded up to a multiple of ``step``, sparing rounding noise."""
    return np.ceil(np.asarray(quantity) / step - 1e-9) * step
