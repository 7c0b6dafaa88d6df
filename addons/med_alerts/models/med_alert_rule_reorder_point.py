from dataclasses import asdict

from odoo import models
from odoo.fields import Domain

from ..core.levels import level_reached

#: What the sentence is made of, beside what was measured.
INPUTS = (
    "on_hand",
    "expired",
    "held",
    "reserved",
    "pending",
    "reorder_point",
    "order_up_to",
)


class MedAlertRule(models.Model):
    """The kind *reorder point*: what is usable is at or below the native minimum.

    Whoever set the minimum, a planner, a nightly run or a person: alerts read it. A
    reorder rule with maximum zero means that nothing is to be held there.
    """

    _inherit = "med.alert.rule"

    def _find_reorder_point(self, subjects):
        orderpoints = self._orderpoints_to_watch(subjects)
        usable = orderpoints._med_usable()
        departments = self.env["med.department"]._department_of_locations(
            orderpoints.location_id
        )
        findings = []
        for orderpoint in orderpoints:
            product, place = orderpoint.product_id, orderpoint.location_id
            levels = self.level_ids._core_levels(orderpoint.product_min_qty)
            measured = usable[orderpoint].usable
            reached = level_reached(measured, levels, orderpoint.product_uom.rounding)
            if reached is None:
                continue
            findings.append(
                {
                    "subject_key": f"{product.id}@{place.id}",
                    "company_id": orderpoint.company_id.id,
                    "product_id": product.id,
                    "location_id": place.id,
                    "department_id": departments[place.id].id,
                    "orderpoint_id": orderpoint.id,
                    "level_id": levels[reached].id,
                    "measured": measured,
                    "threshold": reached.limit,
                    "inputs": {
                        **asdict(usable[orderpoint]),
                        "reorder_point": orderpoint.product_min_qty,
                        "order_up_to": orderpoint.product_max_qty,
                    },
                }
            )
        return findings

    def _orderpoints_to_watch(self, subjects):
        Orderpoint = self.env["stock.warehouse.orderpoint"]
        if not (self.active and self.level_ids):
            return Orderpoint
        domain = (
            self._scope_domain()
            & Domain("product_max_qty", ">", 0)
            & Domain("product_id.active", "=", True)
        )
        if subjects is None:
            return Orderpoint.search(domain)
        products = list({product for product, _place in subjects})
        places = list({place for _product, place in subjects})
        domain &= Domain("product_id", "in", products)
        domain &= Domain("location_id", "in", places)
        return Orderpoint.search(domain).filtered(
            lambda o: (o.product_id.id, o.location_id.id) in subjects
        )

    def _explain_reorder_point(self, alert):
        inputs = alert.inputs or {}
        amount = {
            name: alert._format_quantity(inputs.get(name) or 0.0) for name in INPUTS
        }
        return self.env._(
            "%(place)s has %(usable)s %(unit)s of %(product)s to use, which is at or "
            "below %(threshold)s.\n"
            "On hand %(on_hand)s, less %(expired)s past their date, %(held)s on hold, "
            "%(reserved)s reserved and %(pending)s used but not yet posted. "
            "Reorder point %(reorder_point)s, order up to %(order_up_to)s.",
            place=alert.department_id.name or alert.location_id.display_name,
            usable=alert._format_quantity(alert.measured),
            threshold=alert._format_quantity(alert.threshold),
            unit=alert.uom_id.name,
            product=alert.product_id.display_name,
            **amount,
        )
