from dataclasses import replace
from datetime import timedelta
from operator import itemgetter

from odoo import api, fields, models
from odoo.tools import SQL, groupby

from ..core.kind import MORE, Kind, Measure
from ..core.shelf_life import Pile, unused_at_expiry

LOT_KINDS = [
    ("expiry", "Lot near its date"),
    ("expiry_unused", "Lot will expire before it is used"),
    ("expired", "Expired and still on the shelf"),
]


class MedAlertRule(models.Model):
    """Kinds about the date of a lot: one subject per lot and place.

    A place is the shelf of a department with all that is inside it, else the place
    itself. What lies in quarantine has been taken care of.
    """

    _inherit = "med.alert.rule"

    kind = fields.Selection(
        selection_add=LOT_KINDS,
        ondelete={name: "cascade" for name, _label in LOT_KINDS},
    )

    @api.model
    def _kinds(self):
        late = Kind("lot", worse=MORE, touched=True, family="date", weight=3)
        return {
            **super()._kinds(),
            "expiry": Kind("lot", unit="days", touched=True, family="date", weight=1),
            "expiry_unused": replace(late, percent=True, weight=2),
            "expired": late,
        }

    def _lots_sql(self, look, within=None):
        """SELECT of lots with a date on shelves: one row per lot and place.

        Only those that expire ``within`` so many days, where it is given and the look
        does not ask for all.

        Columns: lot_id, lot_name, product_id, location_id, department_id, company_id,
        quantity, free (neither held nor reserved), expires (day), days_left, late.
        """
        company = self.company_id or self.env.company
        return SQL(
            """
            SELECT lot.id AS lot_id, lot.name AS lot_name, quant.product_id,
                coalesce(department.stock_location_id, place.id) AS location_id,
                department.id AS department_id, place.company_id,
                sum(quant.quantity) AS quantity,
                sum(CASE WHEN coalesce(quant.med_hold, FALSE) THEN 0
                    ELSE quant.quantity - quant.reserved_quantity END) AS free,
                min(day.expires) AS expires,
                min(day.expires - %(today)s::date) AS days_left,
                bool_or(%(late)s) AS late
            FROM stock_quant quant
            JOIN stock_location place ON place.id = quant.location_id
                AND place.usage IN ('internal', 'transit')
                AND place.company_id IS NOT NULL
                AND NOT coalesce(place.med_quarantine, FALSE)
            LEFT JOIN med_department department
                ON department.id = place.med_department_id
            JOIN stock_lot lot ON lot.id = quant.lot_id
            JOIN product_product product
                ON product.id = quant.product_id AND product.active
            JOIN product_template template ON template.id = product.product_tmpl_id
                AND template.med_consumable
            CROSS JOIN LATERAL (
                SELECT (lot.expiration_date AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)
                    ::date AS expires
            ) day
            WHERE quant.quantity > 0 AND quant.expiration_date IS NOT NULL
            AND %(near)s AND %(touched)s AND %(pairs)s
            AND %(products)s AND %(places)s AND %(company)s
            GROUP BY lot.id, quant.product_id, department.id, place.id
            """,
            today=company._med_day(fields.Datetime.now()),
            zone=company._med_time_zone().key,
            late=self._late_sql(SQL("quant")),
            near=self._near_sql(look, within),
            touched=self._touched_sql(SQL("quant.product_id"), look),
            pairs=self._pairs_sql(
                SQL("quant.product_id"),
                SQL("coalesce(department.stock_location_id, place.id)"),
                look,
            ),
            products=self._products_sql(SQL("quant.product_id")),
            places=self._places_sql(SQL("place.id")),
            company=self._company_sql(SQL("place.company_id")),
        )

    @api.model
    def _near_sql(self, look, within):
        """SQL: whether a quant may expire within so many days; a day to spare.

        Of a large stock a small part is near its date: the rest is left out before
        anything is added up.
        """
        if within is None or look.full:
            return SQL("TRUE")
        latest = fields.Datetime.now() + timedelta(days=within + 2)
        return SQL(
            "least(quant.removal_date, quant.expiration_date, lot.expiration_date) "
            "<= %s",
            latest,
        )

    def _gathered_sql(self, look, within=None):
        """As ``_lots_sql``, the places inside a shelf added up."""
        return SQL(
            """
            SELECT lot_id, lot_name, product_id, location_id, department_id, company_id,
                sum(quantity) AS quantity, sum(free) AS free, min(expires) AS expires,
                min(days_left) AS days_left, bool_or(late) AS late
            FROM (%s) each GROUP BY 1, 2, 3, 4, 5, 6
            """,
            self._lots_sql(look, within),
        )

    def _measure_expiry(self, look):
        """Days until the lot's date, in the hospital's calendar."""
        condition = SQL("NOT late")
        if not look.full:
            condition = SQL("NOT late AND %s", self._may_reach(SQL("days_left")))
        furthest = max(self.level_ids.mapped("threshold"), default=0)
        lots = self._gathered_sql(look, furthest)
        for row in self._fetch(
            SQL("SELECT * FROM (%s) lots WHERE %s", lots, condition)
        ):
            yield self._lot_measure(row, row["days_left"])

    def _measure_expired(self, look):
        """Units past their date that lie where somebody may take them."""
        for row in self._fetch(
            SQL("SELECT * FROM (%s) lots WHERE late", self._gathered_sql(look, 0))
        ):
            yield self._lot_measure(row, row["quantity"])

    def _measure_expiry_unused(self, look):
        """Units of a lot that the place will not have used on its last day.

        Looks as far ahead as the rule looks back (``window_days``): what expires later
        may still be ordered less, and is not used before what expires earlier.
        """
        rows = self._fetch(
            SQL(
                """
                SELECT * FROM (
                    SELECT lots.*, coalesce(used.daily_use, 0) AS daily_use,
                        coalesce(pending.quantity, 0) AS pending,
                        max(
                            %(total)s - coalesce(used.daily_use, 0)
                            * greatest(lots.days_left, 0)
                            - coalesce(pending.quantity, 0)
                        ) FILTER (WHERE lots.days_left <= %(ahead)s)
                            OVER (PARTITION BY lots.product_id, lots.location_id)
                            AS worst
                    FROM (
                        SELECT found.*, sum(found.free) OVER (
                            PARTITION BY found.product_id, found.location_id
                            ORDER BY found.days_left, found.lot_id
                        ) AS total
                        FROM (%(lots)s) found WHERE NOT found.late AND found.free > 0
                    ) lots
                    LEFT JOIN (%(daily_use)s) used
                        ON used.product_id = lots.product_id
                        AND used.location_id = lots.location_id
                    LEFT JOIN LATERAL (
                        SELECT sum(CASE line.kind WHEN 'return' THEN -line.quantity
                            ELSE line.quantity END) AS quantity
                        FROM med_consumption line
                        WHERE line.state IN ('recorded', 'incident')
                        AND line.product_id = lots.product_id
                        AND line.location_id = lots.location_id
                    ) pending ON TRUE
                ) judged
                WHERE judged.worst > %(least)s
                ORDER BY product_id, location_id, days_left, lot_id
                """,
                total=SQL("lots.total"),
                lots=self._gathered_sql(look, self.window_days),
                daily_use=self._daily_use_sql(),
                ahead=self.window_days,
                least=-1e12 if look.full else 0,
            )
        )
        for _place, lots in groupby(rows, itemgetter("product_id", "location_id")):
            yield from self._unused_measures(lots)

    def _unused_measures(self, rows):
        piles = [Pile(float(row["free"]), row["days_left"]) for row in rows]
        use, pending = float(rows[0]["daily_use"]), float(rows[0]["pending"])
        for row, left in zip(rows, unused_at_expiry(piles, use, pending), strict=True):
            if row["days_left"] <= self.window_days:
                yield self._lot_measure(
                    row, left, base=row["free"], daily_use=use, pending=pending
                )

    def _lot_measure(self, row, measured, base=0.0, **inputs):
        return Measure(
            key=f"{row['lot_id']}@{row['location_id']}",
            measured=float(measured),
            base=float(base),
            step=self._step(),
            values={
                "product_id": row["product_id"],
                "lot_id": row["lot_id"],
                "location_id": row["location_id"],
                "department_id": row["department_id"],
                "company_id": row["company_id"],
            },
            inputs={
                "quantity": float(row["quantity"]),
                "free": float(row["free"]),
                "days_left": row["days_left"],
                "expires": str(row["expires"]),
                **inputs,
            },
        )

    # ---- in words --------------------------------------------------------------------

    def _explain_expiry(self, alert):
        return self.env._(
            "Lot %(lot)s of %(product)s in %(place)s expires on %(expires)s, in "
            "%(days_left)s days, which is at or below %(threshold)s.\n"
            "%(quantity)s %(unit)s of it lie there.",
            **self._lot_words(alert),
        )

    def _explain_expired(self, alert):
        return self.env._(
            "%(quantity)s %(unit)s of lot %(lot)s of %(product)s lie in %(place)s and "
            "expired on %(expires)s.\n"
            "Take them off the shelf: into quarantine, or scrap them.",
            **self._lot_words(alert),
        )

    def _explain_expiry_unused(self, alert):
        return self.env._(
            "%(measured)s %(unit)s of lot %(lot)s of %(product)s in %(place)s will not "
            "be used before %(expires)s.\n"
            "%(free)s %(unit)s of it can be used, %(daily_use)s are used a day and "
            "%(days_left)s days are left; lots that expire earlier are used first.",
            **self._lot_words(alert),
        )

    def _lot_words(self, alert):
        inputs = alert.inputs or {}
        expires = fields.Date.to_date(inputs.get("expires"))
        return {
            "place": alert._place_name(),
            "lot": alert.lot_id.name,
            "product": alert.product_id.display_name,
            "unit": alert.uom_id.name,
            "measured": alert._format_quantity(alert.measured),
            "threshold": alert._format_quantity(alert.threshold),
            "expires": alert._format_day(expires),
            "days_left": inputs.get("days_left", 0),
            **{
                name: alert._format_quantity(inputs.get(name) or 0.0)
                for name in ("quantity", "free", "daily_use")
            },
        }
