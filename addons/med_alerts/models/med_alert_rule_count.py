from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..core.kind import MORE, Kind, Measure


class MedAlertRule(models.Model):
    """The kind *count difference*: what was counted is not what the books say."""

    _inherit = "med.alert.rule"

    kind = fields.Selection(
        selection_add=[("count_difference", "Count differs from the books")],
        ondelete={"count_difference": "cascade"},
    )

    @api.model
    def _kinds(self):
        return {
            **super()._kinds(),
            "count_difference": Kind(
                worse=MORE, percent=True, touched=True, event=True
            ),
        }

    def _measure_count_difference(self, look):
        """How far the last count of a pile was off, where that is past tolerance.

        A count that is right, or the days that the rule looks back, end it.
        """
        for row in self._fetch(self._wrong_counts_sql(look)):
            yield Measure(
                key=f"{row['product_id']}#{row['lot_id'] or 0}@{row['location_id']}",
                measured=abs(float(row["difference"] or 0.0)),
                base=abs(float(row["expected"] or 0.0)),
                step=self._step(),
                values={
                    "product_id": row["product_id"],
                    "lot_id": row["lot_id"],
                    "location_id": row["location_id"],
                    "department_id": row["department_id"],
                    "company_id": row["company_id"],
                },
                inputs={
                    "expected": float(row["expected"] or 0.0),
                    "counted": float(row["counted"] or 0.0),
                    "value": float(row["value_difference"] or 0.0),
                    "day": str(row["day"]),
                    "named_id": row["user_id"],
                },
            )

    def _wrong_counts_sql(self, look):
        """SELECT of the last count of each pile, where it is past tolerance."""
        company = self.company_id or self.env.company
        today = company._med_day(fields.Datetime.now())
        return SQL(
            """
            SELECT * FROM (
                SELECT DISTINCT ON (line.product_id, line.location_id, line.lot_id)
                    line.*
                FROM med_count_line line
                WHERE line.day >= %(since)s AND %(products)s AND %(places)s
                AND %(company)s AND %(pairs)s
                ORDER BY line.product_id, line.location_id, line.lot_id,
                    line.id DESC
            ) last
            WHERE NOT coalesce(last.within, FALSE)
            """,
            since=today - timedelta(days=self.window_days),
            products=self._products_sql(SQL("line.product_id")),
            places=self._places_sql(SQL("line.location_id")),
            company=self._company_sql(SQL("line.company_id")),
            pairs=self._pairs_sql(
                SQL("line.product_id"), SQL("line.location_id"), look
            ),
        )

    def _explain_count_difference(self, alert):
        inputs = alert.inputs or {}
        person = self.env["res.users"].browse(inputs.get("named_id"))
        return self.env._(
            "%(place)s: %(counted)s %(unit)s of %(product)s were counted on %(day)s by "
            "%(person)s, %(expected)s were expected.\n"
            "The difference is worth %(value)s and past the tolerance of the item. "
            "Look for the cause, then count again.",
            place=alert._place_name(),
            counted=alert._format_quantity(inputs.get("counted") or 0.0),
            expected=alert._format_quantity(inputs.get("expected") or 0.0),
            unit=alert.uom_id.name,
            product=alert.product_id.display_name,
            day=alert._format_day(fields.Date.to_date(inputs.get("day"))),
            person=person.name or "",
            value=alert._format_money(inputs.get("value") or 0.0),
        )


class MedCountLine(models.Model):
    _inherit = "med.count.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        self.env["med.alert.touch"]._touch(
            (line.product_id.id, line.location_id.id) for line in lines
        )
        return lines
