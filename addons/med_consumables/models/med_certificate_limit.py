from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

NO_LIMIT = float("inf")


class MedCertificate(models.Model):
    """Some certificates cover a quantity only: how much of it is used up.

    What was received from suppliers (less what went back) while the certificate was
    valid counts, in the items' own units; confirmed orders are shown beside it.
    """

    _inherit = "med.certificate"

    quantity_limit = fields.Float(
        string="Quantity Limit",
        digits="Product Unit",
        tracking=True,
        help="How many units may be bought under this certificate, in the items' own "
        "units. 0: no limit is printed on it.",
    )
    quantity_received = fields.Float(
        string="Received", compute="_compute_quantities", digits="Product Unit"
    )
    quantity_ordered = fields.Float(
        string="On Order", compute="_compute_quantities", digits="Product Unit"
    )
    quantity_left = fields.Float(
        string="Left",
        compute="_compute_quantities",
        digits="Product Unit",
        help="The limit less what was received and what is on order; below zero it is "
        "exceeded.",
    )
    over_limit = fields.Boolean(
        compute="_compute_quantities", search="_search_over_limit"
    )

    _quantity_limit_positive = models.Constraint(
        "CHECK(quantity_limit >= 0)", "A limit of quantity is zero (none) or more."
    )

    @api.depends("quantity_limit", "valid_from", "valid_to", "product_ids")
    @api.depends_context("company")
    def _compute_quantities(self):
        limited = self.filtered("quantity_limit")
        received = limited._received_under()
        ordered = limited._ordered_under()
        for certificate in self:
            key = certificate._origin.id
            certificate.quantity_received = received.get(key, 0.0)
            certificate.quantity_ordered = ordered.get(key, 0.0)
            left = certificate.quantity_limit and (
                certificate.quantity_limit
                - certificate.quantity_received
                - certificate.quantity_ordered
            )
            certificate.quantity_left = left
            certificate.over_limit = left < 0

    def _search_over_limit(self, operator, value):
        if operator != "in":
            return NotImplemented
        limited = self.search([("quantity_limit", ">", 0)])
        over = limited.filtered("over_limit")
        return Domain("id", "in" if True in value else "not in", over.ids)

    # ---- what counts -----------------------------------------------------------------

    def _received_under(self):
        """``{certificate id: units}``, one query for all."""
        if not self.ids:
            return {}
        self.env["stock.move.line"].flush_model()
        self.env["med.certificate"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT c.id, SUM(CASE WHEN origin.usage = 'supplier'
                                      THEN l.quantity_product_uom
                                      ELSE -l.quantity_product_uom END)
                  FROM med_certificate c
                  JOIN med_certificate_product_rel r ON r.certificate_id = c.id
                  JOIN product_product p ON p.product_tmpl_id = r.product_tmpl_id
                  JOIN stock_move_line l ON l.product_id = p.id AND l.state = 'done'
                  JOIN stock_location origin ON origin.id = l.location_id
                  JOIN stock_location goal ON goal.id = l.location_dest_id
                 WHERE c.id IN %s AND l.company_id = %s
                   AND (origin.usage = 'supplier') <> (goal.usage = 'supplier')
                   AND (c.valid_from IS NULL OR %s >= c.valid_from)
                   AND (c.valid_to IS NULL OR %s <= c.valid_to)
                 GROUP BY c.id
                """,
                tuple(self.ids),
                self.env.company.id,
                *[self._day_sql(SQL("l.date"))] * 2,
            )
        )
        return dict(rows)

    def _ordered_under(self):
        """``{certificate id: units}`` of confirmed orders that are still to come."""
        if not self.ids:
            return {}
        self.env["purchase.order"].flush_model()
        self.env["purchase.order.line"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT c.id, SUM(l.product_uom_qty
                                 * GREATEST(1 - l.qty_received / l.product_qty, 0))
                  FROM med_certificate c
                  JOIN med_certificate_product_rel r ON r.certificate_id = c.id
                  JOIN product_product p ON p.product_tmpl_id = r.product_tmpl_id
                  JOIN purchase_order_line l ON l.product_id = p.id
                  JOIN purchase_order o ON o.id = l.order_id
                 WHERE c.id IN %s AND o.company_id = %s
                   AND o.state = 'purchase' AND l.product_qty > 0
                   AND (c.valid_to IS NULL OR %s <= c.valid_to)
                   AND (c.valid_from IS NULL OR %s >= c.valid_from)
                 GROUP BY c.id
                """,
                tuple(self.ids),
                self.env.company.id,
                *[self._day_sql(SQL("o.date_approve"))] * 2,
            )
        )
        return dict(rows)

    def _day_sql(self, moment):
        """The hospital's calendar day of a column with a moment in UTC."""
        zone = self.env.company._med_time_zone().key
        return SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date", moment, zone)

    # ---- the gate --------------------------------------------------------------------

    @api.model
    def _limit_troubles(self, wanted, day, received_only=False):
        """Sentences about ``{template: units}`` that would exceed what is left.

        A certificate without a limit covers any quantity; several with a limit add up,
        and items under the same certificate share it. At receipt only what has come
        counts: the goods on order are these.
        """
        items = self.env["product.template"].union(*wanted)
        by_template = self._of_items(items)
        left = self.union(*by_template.values())._quantities_left(received_only)
        troubles = []
        for template, quantity in wanted.items():
            valid = by_template[template].filtered(
                lambda one: one._revision_value().state(day, 0) in ("valid", "expiring")
            )
            if not valid:
                continue  # said already: the item is not covered at all
            missing = quantity
            for certificate in valid:
                taken = min(missing, max(left[certificate], 0.0))
                left[certificate] -= taken
                missing -= taken
            if template.uom_id.compare(missing, 0) > 0:
                troubles.append(valid[:1]._limit_trouble(template, quantity, missing))
        return troubles

    def _quantities_left(self, received_only):
        """``{certificate: units}`` as the books say it now."""
        limited = self.filtered("quantity_limit")
        received = limited._received_under()
        ordered = {} if received_only else limited._ordered_under()
        return {
            certificate: (
                certificate.quantity_limit
                - received.get(certificate.id, 0.0)
                - ordered.get(certificate.id, 0.0)
                if certificate.quantity_limit
                else NO_LIMIT
            )
            for certificate in self
        }

    def _limit_trouble(self, template, quantity, missing):
        return self.env._(
            "%(item)s: certificate %(number)s covers %(limit)s %(unit)s, and "
            "%(quantity)s more would exceed it by %(missing)s. Buy less, or enter the "
            "certificate that covers the rest.",
            item=template.display_name,
            number=self.display_name,
            limit=f"{self.quantity_limit:g}",
            unit=template.uom_id.name,
            quantity=f"{quantity:g}",
            missing=f"{missing:g}",
        )

    @api.model
    def _unlicensed_troubles(self, partners):
        """Sentences about suppliers of whom no licence was ever entered."""
        partners = partners.commercial_partner_id
        return [
            self.env._(
                "%(supplier)s has no licence on record. Ask for its operating licence "
                "and enter it under Certificates.",
                supplier=partner.display_name,
            )
            for partner in partners
            - self.union(
                *self._of_suppliers(partners).values()
            ).partner_id.commercial_partner_id
        ]


def in_own_units(lines, quantity, unit):
    """``{template: units}`` of order or move lines, in each item's own unit."""
    wanted = defaultdict(float)
    for line in lines:
        product = line.product_id
        wanted[product.product_tmpl_id] += line[unit]._compute_quantity(
            line[quantity], product.uom_id, round=False
        )
    return wanted
