from dataclasses import replace

from odoo import api, fields, models
from odoo.tools import SQL

from ..core.kind import MORE, Kind, Measure

STOCK_KINDS = [
    ("reorder_point", "At or below the reorder point"),
    ("safety_stock", "At or below the safety stock"),
    ("days_of_cover", "Few days of cover"),
    ("out_of_stock", "Out of stock"),
    ("over_stock", "More than the maximum"),
]
#: What the sentences are made of, beside what was measured.
INPUTS = (
    "on_hand",
    "expired",
    "held",
    "reserved",
    "pending",
    "usable",
    "daily_use",
    "reorder_point",
    "order_up_to",
    "safety_stock",
)


class MedAlertRule(models.Model):
    """Kinds about how much of an item can be used in a place.

    They share one reading of the stock (``_stock_sql``), and differ in what it is
    compared with. A reorder rule with maximum zero means that nothing is to be held
    there.
    """

    _inherit = "med.alert.rule"

    kind = fields.Selection(
        selection_add=STOCK_KINDS,
        ondelete={name: "cascade" for name, _label in STOCK_KINDS},
    )

    @api.model
    def _kinds(self):
        low = Kind(percent=True, touched=True, covered=True, family="low", weight=1)
        return {
            **super()._kinds(),
            "reorder_point": low,
            "safety_stock": replace(low, weight=3),
            "days_of_cover": replace(low, percent=False, unit="days", weight=2),
            "out_of_stock": replace(low, percent=False, weight=4),
            "over_stock": Kind(
                worse=MORE, percent=True, touched=True, family="spare", weight=1
            ),
        }

    def _measure_reorder_point(self, look):
        """Usable against the native minimum, whoever set it."""
        return self._measure_usable(look, "reorder_point", SQL("stock.order_up_to > 0"))

    def _measure_safety_stock(self, look):
        """Usable against the stock that is held for surprises."""
        return self._measure_usable(
            look,
            "safety_stock",
            SQL("stock.order_up_to > 0 AND stock.safety_stock > 0"),
        )

    def _measure_over_stock(self, look):
        """Usable against the native maximum."""
        return self._measure_usable(look, "order_up_to", SQL("stock.order_up_to > 0"))

    def _measure_usable(self, look, base, condition):
        if not look.full:
            near = self._may_reach(SQL("stock.usable"), SQL("stock.%s", SQL(base)))
            condition = SQL("%s AND %s", condition, near)
        for row in self._stock_rows(look, condition):
            yield self._item_measure(row, row["usable"], row[base])

    def _measure_days_of_cover(self, look):
        """Usable divided by daily use; what nobody uses lasts for ever."""
        days = SQL("greatest(stock.usable, 0) / stock.daily_use")
        condition = SQL("stock.daily_use > 0")
        if not look.full:
            # CASE: a division is never tried where there is no use.
            condition = SQL(
                "CASE WHEN stock.daily_use > 0 THEN %s ELSE FALSE END",
                self._may_reach(days),
            )
        for row in self._stock_rows(look, condition):
            use = float(row["daily_use"])
            cover = max(float(row["usable"]), 0.0) / use
            yield self._item_measure(row, cover, per_unit=1 / use)

    def _measure_out_of_stock(self, look):
        """What is kept or used in a place and of which nothing can be used there.

        Expired, held, reserved and pending pieces are none: a shelf that holds nothing
        else is empty.
        """
        condition = SQL("stock.is_kept")
        if not look.full:
            condition = SQL(
                "%s AND %s", condition, self._may_reach(SQL("stock.usable"))
            )
        for row in self._stock_rows(look, condition):
            yield self._item_measure(row, max(float(row["usable"]), 0.0))

    def _item_measure(self, row, measured, base=0.0, per_unit=1.0):
        product, place = row["product_id"], row["location_id"]
        return Measure(
            key=f"{product}@{place}",
            measured=float(measured),
            base=float(base or 0.0),
            step=self._step(),
            per_unit=per_unit,
            values={
                "product_id": product,
                "location_id": place,
                "department_id": row["department_id"],
                "company_id": row["company_id"],
                "orderpoint_id": row["orderpoint_id"],
            },
            inputs={name: float(row[name] or 0.0) for name in INPUTS},
        )

    # ---- in words --------------------------------------------------------------------

    def _explain_reorder_point(self, alert):
        return self.env._(
            "%(place)s has %(usable)s %(unit)s of %(product)s to use, which is at or "
            "below %(threshold)s.\n"
            "On hand %(on_hand)s, less %(expired)s past their date, %(held)s on hold, "
            "%(reserved)s reserved and %(pending)s used but not yet posted. "
            "Reorder point %(reorder_point)s, order up to %(order_up_to)s.",
            **self._item_words(alert),
        )

    def _explain_safety_stock(self, alert):
        return self.env._(
            "%(place)s has %(usable)s %(unit)s of %(product)s to use, which is at or "
            "below %(threshold)s: what is held for surprises is being used up.\n"
            "On hand %(on_hand)s, less %(expired)s past their date, %(held)s on hold, "
            "%(reserved)s reserved and %(pending)s used but not yet posted. "
            "Safety stock %(safety_stock)s, reorder point %(reorder_point)s.",
            **self._item_words(alert),
        )

    def _explain_days_of_cover(self, alert):
        return self.env._(
            "%(product)s in %(place)s lasts for %(measured)s days, which is at or "
            "below %(threshold)s.\n"
            "%(usable)s %(unit)s to use ÷ %(daily_use)s used a day. On hand "
            "%(on_hand)s, less %(expired)s past their date, %(held)s on hold, "
            "%(reserved)s reserved and %(pending)s used but not yet posted.",
            **self._item_words(alert),
        )

    def _explain_out_of_stock(self, alert):
        words = self._item_words(alert)
        inputs = alert.inputs or {}
        if inputs.get("expired") and inputs.get("expired") >= inputs.get("on_hand", 0):
            return self.env._(
                "%(place)s has no %(product)s that may be used: all %(expired)s "
                "%(unit)s there are past their date.\n"
                "%(daily_use)s are used a day. Reorder point %(reorder_point)s.",
                **words,
            )
        return self.env._(
            "%(place)s has no %(product)s to use (%(usable)s %(unit)s).\n"
            "On hand %(on_hand)s, less %(expired)s past their date, %(held)s on hold, "
            "%(reserved)s reserved and %(pending)s used but not yet posted. "
            "%(daily_use)s are used a day.",
            **words,
        )

    def _explain_over_stock(self, alert):
        return self.env._(
            "%(place)s has %(usable)s %(unit)s of %(product)s, which is at or above "
            "%(threshold)s.\n"
            "The maximum is %(order_up_to)s; %(daily_use)s are used a day.",
            **self._item_words(alert),
        )

    def _item_words(self, alert):
        inputs = alert.inputs or {}
        amounts = {
            name: alert._format_quantity(inputs.get(name) or 0.0) for name in INPUTS
        }
        return {
            "place": alert._place_name(),
            "measured": alert._format_quantity(alert.measured),
            "threshold": alert._format_quantity(alert.threshold),
            "unit": alert.uom_id.name,
            "product": alert.product_id.display_name,
            **amounts,
        }
