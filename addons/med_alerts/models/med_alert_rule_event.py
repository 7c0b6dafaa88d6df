from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..core.kind import MORE, Kind, Measure

EVENT_KINDS = [
    ("cold_chain", "Cold-chain goods out of the cold"),
    ("count_difference", "Count differs from the books"),
    ("recall_open", "Recalled units not accounted for"),
]


class MedAlertRule(models.Model):
    """Kinds about what somebody found or left undone."""

    _inherit = "med.alert.rule"

    kind = fields.Selection(
        selection_add=EVENT_KINDS,
        ondelete={name: "cascade" for name, _label in EVENT_KINDS},
    )

    @api.model
    def _kinds(self):
        return {
            **super()._kinds(),
            "cold_chain": Kind(
                "lot", worse=MORE, unit="hours", touched=True, clock=True
            ),
            "count_difference": Kind(
                worse=MORE, percent=True, touched=True, event=True
            ),
            "recall_open": Kind("lot", worse=MORE),
        }

    @api.model
    def _watched_kinds(self):
        """Kinds that an active rule with levels watches."""
        rules = self.search([("level_ids", "!=", False)])
        return set(rules.mapped("kind"))

    # ---- cold chain ------------------------------------------------------------------

    def _measure_cold_chain(self, look):
        """Hours that cold-chain goods have lain in a place that is not refrigerated.

        Only where the hospital has named its refrigerated places at all.
        """
        now = fields.Datetime.now()
        rows = self._fetch(
            SQL(
                """
                WITH cold AS (
                    SELECT place.id, place.company_id FROM stock_location place
                    JOIN stock_location fridge ON fridge.med_refrigerated
                        AND place.parent_path LIKE fridge.parent_path || '%%'
                )
                SELECT quant.product_id, quant.lot_id, place.id AS location_id,
                    place.med_department_id AS department_id, place.company_id,
                    sum(quant.quantity) AS quantity,
                    coalesce((
                        SELECT max(line.date) FROM stock_move_line line
                        WHERE line.product_id = quant.product_id
                        AND line.location_dest_id = place.id
                        AND line.lot_id IS NOT DISTINCT FROM quant.lot_id
                        AND line.state = 'done'
                    ), min(quant.in_date)) AS since
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
                """,
                products=self._products_sql(SQL("quant.product_id")),
                places=self._places_sql(SQL("place.id")),
                company=self._company_sql(SQL("place.company_id")),
                pairs=self._pairs_sql(SQL("quant.product_id"), SQL("place.id"), look),
            )
        )
        for row in rows:
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
            hours=alert._format_quantity(round(alert.measured, 1)),
        )

    # ---- counts ----------------------------------------------------------------------

    def _measure_count_difference(self, look):
        """How far the last count of a pile was off, where that is past tolerance.

        A count that is right, or the days that the rule looks back, end it.
        """
        since = fields.Date.context_today(self) - timedelta(days=self.window_days)
        rows = self._fetch(
            SQL(
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
                since=since,
                products=self._products_sql(SQL("line.product_id")),
                places=self._places_sql(SQL("line.location_id")),
                company=self._company_sql(SQL("line.company_id")),
                pairs=self._pairs_sql(
                    SQL("line.product_id"), SQL("line.location_id"), look
                ),
            )
        )
        for row in rows:
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
            person=person.sudo().name or "",  # whoever counted is named on the sheet
            value=alert._format_money(inputs.get("value") or 0.0),
        )

    # ---- recalls ---------------------------------------------------------------------

    def _measure_recall_open(self, look):
        """Units of a running recall that a department has not accounted for."""
        domain = Domain("recall_id.state", "=", "in_work") & Domain(
            "is_open", "=", True
        )
        if look.records is not None:
            domain &= Domain("recall_id", "in", list(look.records))
        domain &= self._scope_domain("product_id", location=None)
        if self.department_ids:
            domain &= Domain("department_id", "in", self._department_scope().ids)
        for recall, department, quantity, products in self.env[
            "med.recall.line"
        ]._read_group(
            domain,
            ["recall_id", "department_id"],
            ["quantity_open:sum", "product_id:recordset"],
        ):
            yield Measure(
                key=f"recall {recall.id}@{department.id or 0}",
                measured=quantity,
                step=self._step(),
                values={
                    "subject_model": recall._name,
                    "subject_id": recall.id,
                    "subject_name": recall.display_name,
                    "department_id": department.id,
                    "company_id": recall.company_id.id,
                },
                inputs={
                    "level": recall.level,
                    "item_ids": products[:3].ids,
                    "item_count": len(products),
                    "started": fields.Datetime.to_string(recall.started_at),
                    "named_id": recall.manager_id.id,
                },
            )

    def _explain_recall_open(self, alert):
        inputs = alert.inputs or {}
        levels = self.env["med.recall"]._fields["level"]
        return self.env._(
            "%(place)s has %(measured)s units of %(recall)s that nobody has accounted "
            "for (%(level)s).\n"
            "%(items)s: find the pieces, bring them back, and say what was done with "
            "each.",
            place=alert._place_name() or self.env._("No department"),
            measured=alert._format_quantity(alert.measured),
            recall=alert.subject_name,
            level=dict(levels._description_selection(self.env)).get(
                inputs.get("level"), ""
            ),
            items=alert._format_items(),
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


class MedRecall(models.Model):
    _inherit = "med.recall"

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            self.env["med.alert.touch"]._touch_records("recall_open", self.ids)
        return result

    def _tell_departments(self):
        """Where a rule watches recalls, it tells each department, and goes on."""
        if "recall_open" in self.env["med.alert.rule"].sudo()._watched_kinds():
            return None
        return super()._tell_departments()


class MedRecallLine(models.Model):
    _inherit = "med.recall.line"

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"quantity_found", "quantity_done", "quantity_open"}:
            self._med_touch_recalls()
        return result

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._med_touch_recalls()
        return lines

    def _med_touch_recalls(self):
        self.env["med.alert.touch"]._touch_records("recall_open", self.recall_id.ids)


class MedRecallDisposition(models.Model):
    """What was done with units is computed on their line: it is told from here."""

    _inherit = "med.recall.disposition"

    @api.model_create_multi
    def create(self, vals_list):
        done = super().create(vals_list)
        done.line_id._med_touch_recalls()
        return done

    def write(self, vals):
        result = super().write(vals)
        self.line_id._med_touch_recalls()
        return result


class StockLocation(models.Model):
    _inherit = "stock.location"

    med_refrigerated = fields.Boolean(
        string="Refrigerated",
        help="Cold-chain goods may lie here and in the places inside. Alerts tell when "
        "such goods lie elsewhere, once one place of the hospital is marked.",
    )
