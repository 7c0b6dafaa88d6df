from odoo import api, fields, models
from odoo.addons.med_alerts.core.kind import MORE, Kind, Measure
from odoo.tools import SQL
from odoo.tools.misc import format_date

SUPPLIER_KINDS = [
    ("supplier_delay", "Delivery late"),
    ("supplier_worsening", "Supplier getting worse"),
]


class MedAlertRule(models.Model):
    """Kinds about suppliers: a delivery that is late now, and a trend."""

    _inherit = "med.alert.rule"

    kind = fields.Selection(
        selection_add=SUPPLIER_KINDS,
        ondelete={name: "cascade" for name, _label in SUPPLIER_KINDS},
    )

    @api.model
    def _kinds(self):
        return {
            **super()._kinds(),
            "supplier_delay": Kind("paper", worse=MORE, unit="days"),
            "supplier_worsening": Kind("paper", worse=MORE, unit="percent"),
        }

    @api.model
    def _trace_subjects(self):
        subjects = super()._trace_subjects()
        orders = "purchase.order"
        subjects[orders] |= {"supplier_delay": (orders, "id")}
        subjects["res.partner"] |= {
            "supplier_delay": (orders, "partner_id.commercial_partner_id"),
            "supplier_worsening": ("res.partner", "id"),
        }
        return subjects

    def _measure_supplier_delay(self, look):
        """Days since the first promise of each open line; records are orders."""
        if look.pairs is not None:
            return
        self.env["med.supplier.performance"]._flush_sources()
        some = SQL("TRUE")
        if look.records is not None:
            some = SQL("line.order_id = ANY(%s)", list(look.records))
        for row in self._fetch(
            SQL(
                """
                SELECT line.id, line.company_id, line.order_id, line.partner_id,
                       line.product_id, line.ordered, line.to_come, line.sent_at,
                       line.promised_at, line.days_late::float8 AS days_late,
                       po.name AS order_name, po.user_id
                  FROM (%s) AS line
                  JOIN purchase_order po ON po.id = line.order_id
                 WHERE line.to_come > 0 AND line.received < line.enough
                   AND line.days_late > 0
                   AND %s AND %s AND %s AND %s
                """,
                self.env["med.supply.line"]._line_query(),
                some,
                self._products_sql(SQL("line.product_id")),
                self._company_sql(SQL("line.company_id")),
                self._suppliers_sql(SQL("line.partner_id")),
            )
        ):
            yield Measure(
                key=f"line {row['id']}",
                measured=row["days_late"],
                step=0.1,
                values={
                    "product_id": row["product_id"],
                    "partner_id": row["partner_id"],
                    "company_id": row["company_id"],
                    "subject_model": "purchase.order",
                    "subject_id": row["order_id"],
                    "subject_name": row["order_name"],
                },
                inputs={
                    "open": float(row["to_come"]),
                    "ordered": float(row["ordered"]),
                    "sent": str(row["sent_at"].date()),
                    "promised": str(row["promised_at"].date()),
                    "order": row["order_name"],
                    "named_id": row["user_id"],
                },
            )

    def _measure_supplier_worsening(self, look):
        """How much longer a supplier takes than before, or fewer promises it keeps."""
        if look.pairs is not None:
            return
        domain = [("whole", "=", True), ("worsening", "!=", False)]
        if look.records is not None:
            domain.append(("partner_id", "in", list(look.records)))
        if self.company_id:
            domain.append(("company_id", "=", self.company_id.id))
        if self.supplier_ids:
            firms = self.supplier_ids.commercial_partner_id
            domain.append(("partner_id", "in", firms.ids))
        for row in self.env["med.supplier.performance"].search(domain):
            longer = 100 * (row.recent_lead / max(row.before_lead, 1.0) - 1)
            fewer = 100 * (row.before_otif - row.recent_otif)
            yield Measure(
                key=f"supplier {row.partner_id.id}@{row.company_id.id}",
                measured=max(longer, fewer),
                step=1.0,
                values={
                    "partner_id": row.partner_id.id,
                    "company_id": row.company_id.id,
                    "subject_model": "res.partner",
                    "subject_id": row.partner_id.id,
                    "subject_name": row.partner_id.display_name,
                },
                inputs={
                    "before_lead": row.before_lead,
                    "recent_lead": row.recent_lead,
                    "before_otif": row.before_otif,
                    "recent_otif": row.recent_otif,
                    "lines": row.recent_lines,
                    "named_id": row.partner_id.buyer_id.id,
                },
            )

    def _suppliers_sql(self, column):
        if not self.supplier_ids:
            return SQL("TRUE")
        firms = self.supplier_ids.commercial_partner_id
        return SQL("%s = ANY(%s)", column, firms.ids)

    def _explain_supplier_delay(self, alert):
        inputs = alert.inputs or {}
        return self.env._(
            "%(supplier)s owes %(open)s of %(ordered)s %(unit)s of %(product)s "
            "(%(order)s): sent on %(sent)s, promised for %(promised)s, %(days)s days "
            "late.\n"
            "The lead time that reorder rules plan with has been moved already.",
            supplier=alert.partner_id.display_name,
            open=alert._format_quantity(inputs.get("open") or 0.0),
            ordered=alert._format_quantity(inputs.get("ordered") or 0.0),
            unit=alert.uom_id.name,
            product=alert.product_id.display_name,
            order=inputs.get("order"),
            sent=format_date(self.env, inputs.get("sent")),
            promised=format_date(self.env, inputs.get("promised")),
            days=alert._format_quantity(alert.measured),
        )

    def _explain_supplier_worsening(self, alert):
        inputs = alert.inputs or {}
        return self.env._(
            "%(supplier)s took %(recent)s days in the last 90 days, %(before)s before; "
            "%(otif)s %% of its lines were on time and in full, %(otif_before)s %% "
            "before (%(lines)s lines).\n"
            "The safety stock of what it sells has been raised; speak to it, or look "
            "for another.",
            supplier=alert.partner_id.display_name,
            recent=alert._format_quantity(inputs.get("recent_lead") or 0.0),
            before=alert._format_quantity(inputs.get("before_lead") or 0.0),
            otif=f"{100 * (inputs.get('recent_otif') or 0.0):.0f}",
            otif_before=f"{100 * (inputs.get('before_otif') or 0.0):.0f}",
            lines=inputs.get("lines"),
        )


class StockMove(models.Model):
    """A receipt ends the alert of its late order line at once, giving up does, too."""

    _inherit = "stock.move"

    def _action_done(self, cancel_backorder=False):
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        moves._med_touch_orders()
        return moves

    def _action_cancel(self):
        result = super()._action_cancel()
        self._med_touch_orders()
        return result

    def _med_touch_orders(self):
        # Whoever takes a delivery in need not read orders.
        orders = self.purchase_line_id.sudo().order_id
        if orders:
            self.env["med.alert.touch"]._touch_records("supplier_delay", orders.ids)
