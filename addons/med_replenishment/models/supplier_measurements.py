"""Measured rows of suppliers as values of ``core.supplier_lead``."""

from dataclasses import dataclass

from ..core.supplier_lead import Seen


@dataclass(frozen=True)
class Measurements:
    """Lead times as measured, by ids; see ``of``."""

    items: dict
    suppliers: dict
    open_ages: dict

    def of(self, company, partner, product):
        """(ratio of the supplier, days of the item, ages of its open orders)."""
        key = company, partner, product
        return (
            ratio_seen(self.suppliers.get((company, partner))),
            days_seen(self.items.get(key)),
            self.open_ages.get(key, ()),
        )


def ratio_seen(row):
    """Actual over promised of a supplier; ``row`` may be None."""
    if not row or not row["ratios"]:
        return Seen()
    return Seen(row["ratios"], row["lead_ratio"], row["lead_ratio_variance"])


def days_seen(row):
    """Days from order to receipt; ``row`` may be None."""
    if not row or not row["receipts"]:
        return Seen()
    return Seen(row["receipts"], row["lead_mean"], row["lead_sigma"] ** 2)
