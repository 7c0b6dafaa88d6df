from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.med_consumables.models.med_certificate import (
    OF_ITEMS,
    OF_SUPPLIERS,
)
from odoo.fields import Domain
from odoo.tools import SQL

from ..core.kind import MORE, Kind, Measure

PAPER_KINDS = [
    ("certificate", "Registration of an item runs out"),
    ("licence", "Licence of a supplier runs out"),
    ("late_receipt", "Delivery is late"),
]


class MedAlertRule(models.Model):
    """Kinds about papers: certificates, licences and deliveries that are due."""

    _inherit = "med.alert.rule"

    kind = fields.Selection(
        selection_add=PAPER_KINDS,
        ondelete={name: "cascade" for name, _label in PAPER_KINDS},
    )

    @api.model
    def _kinds(self):
        return {
            **super()._kinds(),
            "certificate": Kind("paper", unit="days"),
            "licence": Kind("paper", unit="days"),
            "late_receipt": Kind("paper", worse=MORE, unit="days"),
        }

    # ---- certificates and licences ---------------------------------------------------

    def _measure_certificate(self, look):
        """Days until the last revision of an item's certificate ends."""
        domain = Domain("kind", "in", OF_ITEMS) & Domain(
            "product_ids", "any", [("med_consumable", "=", True)]
        )
        if not self._watches_every_product():
            items = Domain("product_variant_ids", "any", self._product_domain())
            domain &= Domain("product_ids", "any", items)
        return self._certificate_measures(look, domain)

    def _measure_licence(self, look):
        """Days until the last revision of a supplier's licence ends."""
        domain = Domain("kind", "in", OF_SUPPLIERS) & Domain("partner_id", "!=", False)
        if self.supplier_ids:
            partners = self.supplier_ids.commercial_partner_id
            domain &= Domain("partner_id", "child_of", partners.ids)
        return self._certificate_measures(look, domain)

    def _certificate_measures(self, look, domain):
        domain &= Domain("valid_to", "!=", False) & Domain("next_ids", "=", False)
        if self.company_id:
            domain &= Domain("company_id", "in", [self.company_id.id, False])
        if look.records is not None:
            domain &= Domain("id", "in", list(look.records))
        company = self.company_id or self.env.company
        today = company._med_day(fields.Datetime.now())
        if not look.full:
            longest = max(self.level_ids.mapped("threshold"), default=0)
            domain &= Domain("valid_to", "<=", today + timedelta(days=longest))
        for paper in self.env["med.certificate"].search(domain):
            items = paper.product_ids
            yield Measure(
                key=f"certificate {paper.id}",
                measured=(paper.valid_to - today).days,
                values={
                    "subject_model": paper._name,
                    "subject_id": paper.id,
                    "subject_name": paper.name,
                    "partner_id": paper.partner_id.id,
                    "company_id": (paper.company_id or company).id,
                },
                inputs={
                    "kind": paper.kind,
                    "valid_to": str(paper.valid_to),
                    "holder": paper.holder or paper.partner_id.name or "",
                    "item_ids": items[:3].ids,
                    "item_model": items._name,
                    "item_count": len(items),
                    "named_id": paper.responsible_id.id,
                },
            )

    def _explain_certificate(self, alert):
        return self.env._(
            "%(paper)s of %(holder)s %(ends)s.\n"
            "It covers %(items)s. Without a valid one they are not received.",
            items=alert._format_items(),
            **self._paper_words(alert),
        )

    def _explain_licence(self, alert):
        return self.env._(
            "%(paper)s (%(kind)s) of %(holder)s %(ends)s.\n"
            "Ask the supplier for the renewal; without a valid one nothing is ordered.",
            **self._paper_words(alert),
        )

    def _paper_words(self, alert):
        inputs = alert.inputs or {}
        day = alert._format_day(fields.Date.to_date(inputs.get("valid_to")))
        kinds = self.env["med.certificate"]._fields["kind"]
        days = round(alert.measured)
        if days < 0:
            ends = self.env._(
                "ran out on %(day)s, %(days)s days ago", day=day, days=-days
            )
        else:
            ends = self.env._(
                "runs out on %(day)s, in %(days)s days", day=day, days=days
            )
        return {
            "paper": alert.subject_name,
            "holder": inputs.get("holder") or "",
            "kind": dict(kinds._description_selection(self.env)).get(
                inputs.get("kind"), ""
            ),
            "ends": ends,
        }

    # ---- deliveries ------------------------------------------------------------------

    def _measure_late_receipt(self, look):
        """Days since a delivery of a supplier was promised; one subject each."""
        company = self.company_id or self.env.company
        today = company._med_day(fields.Datetime.now())
        for row in self._fetch(self._due_deliveries_sql(look)):
            promised = company._med_day(row["promised"])
            yield Measure(
                key=f"receipt {row['id']}",
                measured=(today - promised).days,
                values={
                    "subject_model": "stock.picking",
                    "subject_id": row["id"],
                    "subject_name": row["name"],
                    "partner_id": row["partner_id"],
                    "department_id": row["department_id"],
                    "company_id": row["company_id"],
                },
                inputs={
                    "promised": str(promised),
                    "lines": row["lines"],
                    "item_ids": row["products"],
                    "item_count": row["items"],
                    "origin": row["origin"] or "",
                    "named_id": row["user_id"],
                },
            )

    def _due_deliveries_sql(self, look):
        """SELECT of open deliveries of suppliers that are due, one row each."""
        return SQL(
            """
            SELECT picking.id, picking.name, picking.company_id,
                picking.partner_id, place.med_department_id AS department_id,
                min(coalesce(move.date_deadline, move.date)) AS promised,
                count(*) AS lines,
                (array_agg(DISTINCT move.product_id))[1:3] AS products,
                count(DISTINCT move.product_id) AS items,
                picking.origin, picking.user_id
            FROM stock_move move
            JOIN stock_picking picking ON picking.id = move.picking_id
            JOIN stock_location source ON source.id = move.location_id
                AND source.usage = 'supplier'
            JOIN stock_location place ON place.id = picking.location_dest_id
            WHERE move.state NOT IN ('draft', 'done', 'cancel')
            AND (%(full)s OR coalesce(move.date_deadline, move.date) < %(now)s)
            AND %(records)s AND %(products)s AND %(company)s AND %(places)s
            AND %(supplier)s
            GROUP BY picking.id, place.med_department_id
            """,
            now=fields.Datetime.now(),
            full=look.full,
            records=SQL("TRUE")
            if look.records is None
            else SQL("picking.id = ANY(%s)", sorted(look.records)),
            products=self._products_sql(SQL("move.product_id"), sellers=False),
            company=self._company_sql(SQL("picking.company_id")),
            places=self._places_sql(SQL("picking.location_dest_id")),
            supplier=self._suppliers_sql(SQL("picking.partner_id")),
        )

    def _suppliers_sql(self, column):
        if not self.supplier_ids:
            return SQL("TRUE")
        partners = self.env["res.partner"].search(
            [("id", "child_of", self.supplier_ids.commercial_partner_id.ids)]
        )
        return SQL("%s = ANY(%s)", column, list(partners._ids))

    def _explain_late_receipt(self, alert):
        inputs = alert.inputs or {}
        names = (alert.subject_name, inputs.get("origin"))
        return self.env._(
            "%(delivery)s of %(supplier)s was promised for %(day)s and is "
            "%(days)s days late, which is at or above %(threshold)s.\n"
            "%(lines)s lines are open: %(items)s.",
            delivery=" · ".join(name for name in names if name),
            supplier=alert.partner_id.display_name or "",
            day=alert._format_day(fields.Date.to_date(inputs.get("promised"))),
            days=alert._format_quantity(alert.measured),
            threshold=alert._format_quantity(alert.threshold),
            lines=inputs.get("lines", 0),
            items=alert._format_items(),
        )


class MedCertificate(models.Model):
    """Where rules watch certificates, they tell, and not the certificate itself."""

    _inherit = "med.certificate"

    @api.model_create_multi
    def create(self, vals_list):
        papers = super().create(vals_list)
        papers._med_touch_alerts()
        return papers

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"valid_to", "active", "previous_id", "product_ids"}:
            self._med_touch_alerts()
        return result

    def _med_touch_alerts(self):
        touch = self.env["med.alert.touch"]
        papers = self | self.previous_id
        for kind, names in (("certificate", OF_ITEMS), ("licence", OF_SUPPLIERS)):
            of_kind = papers.filtered(lambda paper, names=names: paper.kind in names)
            touch._touch_records(kind, of_kind.ids)

    def _tell(self, steps):
        watched = self.env["med.alert.rule"].sudo()._watched_kinds()
        rest = self.filtered(
            lambda paper: (
                ("certificate" if paper.kind in OF_ITEMS else "licence") not in watched
            )
        )
        return super(MedCertificate, rest)._tell(steps)
