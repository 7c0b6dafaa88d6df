from odoo import api, fields, models
from odoo.tools import SQL

from ..core.kind import MORE, Kind, Measure


class MedAlertRule(models.Model):
    """The kind *cold chain*: goods that must stay cold lie where it is warm."""

    _inherit = "med.alert.rule"

    kind = fields.Selection(
        selection_add=[("cold_chain", "Cold-chain goods out of the cold")],
        ondelete={"cold_chain": "cascade"},
    )

    @api.model
    def _kinds(self):
        return {
            **super()._kinds(),
            "cold_chain": Kind(
                "lot", worse=MORE, unit="hours", touched=True, clock=True
            ),
        }

    def _measure_cold_chain(self, look):
        """Hours that cold-chain goods have lain in a place that is not refrigerated.

        Only where the hospital has named its refrigerated places at all.
        """
        now = fields.Datetime.now()
        for row in self._fetch(self._out_of_the_cold_sql(look)):
            hours = (now - row["since"]).total_seconds() / 3600
            yield Measure(
                key=f"{row['product_id']}#{row['lot_id'] or 0}@{row['location_id']}",
                # What was put down a second ago lies there already.
                measured=max(hours, self._step()),
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
                    "since": fields.Datetime.to_string(row["since"]),
                },
            )

    def _out_of_the_cold_sql(self, look):
        """SELECT of piles of cold-chain goods, one row per item, lot and place: how
        many, and since when the oldest of them has been there.

        What came first left first: of the arrivals, the latest ones are still there.
        """
        return SQL(
            """
            WITH cold AS (
                SELECT place.id, place.company_id FROM stock_location place
                JOIN stock_location fridge ON fridge.med_refrigerated
                    AND place.parent_path LIKE fridge.parent_path || '%%'
            ), pile AS (
                SELECT quant.product_id, quant.lot_id, place.id AS location_id,
                    place.med_department_id AS department_id, place.company_id,
                    sum(quant.quantity) AS quantity, min(quant.in_date) AS in_date
                FROM stock_quant quant
                JOIN stock_location place ON place.id = quant.location_id
                    AND place.usage = 'internal'
                JOIN product_product product
                    ON product.id = quant.product_id AND product.active
                JOIN product_template template ON template.id = product.product_tmpl_id
                    AND template.med_consumable AND template.med_cold_chain
                WHERE quant.quantity > 0
                AND NOT EXISTS (SELECT FROM cold WHERE cold.id = place.id)
                AND EXISTS (SELECT FROM cold WHERE cold.company_id = place.company_id)
                AND %(products)s AND %(places)s AND %(company)s AND %(pairs)s
                GROUP BY quant.product_id, quant.lot_id, place.id
            )
            SELECT pile.*, coalesce((
                SELECT min(came.date) FROM (
                    SELECT line.date, sum(line.quantity_product_uom)
                        OVER (ORDER BY line.date DESC, line.id DESC)
                        - line.quantity_product_uom AS later
                    FROM stock_move_line line
                    WHERE line.product_id = pile.product_id
                    AND line.location_dest_id = pile.location_id
                    AND line.lot_id IS NOT DISTINCT FROM pile.lot_id
                    AND line.state = 'done'
                ) came WHERE came.later < pile.quantity
            ), pile.in_date) AS since
            FROM pile
            """,
            products=self._products_sql(SQL("quant.product_id")),
            places=self._places_sql(SQL("place.id")),
            company=self._company_sql(SQL("place.company_id")),
            pairs=self._pairs_sql(SQL("quant.product_id"), SQL("place.id"), look),
        )

    def _explain_cold_chain(self, alert):
        inputs = alert.inputs or {}
        return self.env._(
            "%(quantity)s %(unit)s of %(product)s must stay cold and have been in "
            "%(place)s, which is not refrigerated, since %(since)s (%(hours)s hours).\n"
            "Bring them into the cold, or put the lot on hold and ask the maker.",
            quantity=alert._format_quantity(inputs.get("quantity") or 0.0),
            unit=alert.uom_id.name,
            product=alert.product_id.display_name,
            place=alert.location_id.display_name,
            since=alert._format_moment(inputs.get("since")),
            hours=alert._format_quantity(alert._at_a_glance()),
        )


class StockLocation(models.Model):
    _inherit = "stock.location"

    med_refrigerated = fields.Boolean(
        string="Refrigerated",
        help="Cold-chain goods may lie here and in the places inside. Alerts tell when "
        "such goods lie elsewhere, once one place of the hospital is marked.",
    )
