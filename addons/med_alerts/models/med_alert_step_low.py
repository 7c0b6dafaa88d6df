from odoo import fields, models

from ..core.next_step import Giver, Step, best_givers, missing_units

LOW = ("reorder_point", "safety_stock", "days_of_cover", "out_of_stock")
#: Days of use that a place is filled up to where no reorder rule says how much.
FILL_DAYS = 14
#: Days of use that a place keeps for itself when it gives to another.
KEEP_DAYS = 7
#: So many departments that can spare some are offered to choose from.
GIVERS = 3


class MedAlert(models.Model):
    """Where there is too little: wait, ask the store, take from another, substitute."""

    _inherit = "med.alert"

    def _next_steps(self):
        steps = super()._next_steps()
        return steps + self._steps_when_low() if self.kind in LOW else steps

    def _steps_when_low(self):
        inputs = self.inputs or {}
        use = inputs.get("daily_use") or 0.0
        up_to = inputs.get("order_up_to") or use * FILL_DAYS
        coming = self.on_the_way
        missing = missing_units(inputs.get("usable") or 0.0, coming, up_to)
        steps = [Step("wait", coming)] if coming and not missing else []
        if missing and self.department_id.kind not in (False, "store"):
            steps += self._steps_from_elsewhere(missing)
        if not steps:
            steps += self._steps_by_substitute(missing or up_to)
        return steps

    def _steps_from_elsewhere(self, missing):
        """From the store, or from other departments that can spare some."""
        store = self._store_of(self.department_id)
        departments = self.env["med.department"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("id", "!=", self.department_id.id),
            ]
        )
        places = (departments | store).stock_location_id
        stock = self.product_id._med_stock(places)
        kept = self._kept_elsewhere(places)

        def giver(department):
            place = department.stock_location_id.id
            return Giver(
                department.id,
                stock[self.product_id.id, place].usable,
                kept.get(place, 0.0),
            )

        of_store = store and giver(store).usable
        steps = []
        if of_store and of_store >= 1:
            steps.append(Step("requisition", min(missing, int(of_store)), store.id))
        others = [giver(each) for each in departments - store if each.kind != "store"]
        for found, quantity in best_givers(missing, others, GIVERS):
            most = float(int(found.spare))
            steps.append(Step("transfer", quantity, found.key, most=most))
        return steps

    def _kept_elsewhere(self, places):
        """What each place keeps for itself: its reorder point, or a week of use."""
        product = self.product_id
        points = self.env["stock.warehouse.orderpoint"].search(
            [("product_id", "=", product.id), ("location_id", "in", places.ids)]
        )
        kept = {
            use.location_id.id: use.daily_use * KEEP_DAYS
            for use in self.env["med.daily.use"].search(
                [("product_id", "=", product.id), ("location_id", "in", places.ids)]
            )
        }
        for point in points:
            place = point.location_id.id
            kept[place] = max(kept.get(place, 0.0), point.product_min_qty)
        return kept

    def _steps_by_substitute(self, missing):
        places = self.location_id | self._store_of(self.department_id).stock_location_id
        found = self.product_id._med_substitutes(places).get(self.product_id, [])
        return [
            Step(
                "substitute",
                min(missing * each.ratio, each.usable),
                product=each.product,
                most=each.usable,
            )
            for each in found[:1]
            if each.usable > 0
        ]

    # ---- in words --------------------------------------------------------------------

    def _step_words_wait(self, words):
        return self.env._(
            "Wait: %(quantity)s %(unit)s are on the way, which is enough.", **words
        )

    def _step_words_requisition(self, words):
        return self.env._("Ask %(place)s for %(quantity)s %(unit)s.", **words)

    def _step_words_transfer(self, words):
        return self.env._(
            "Take %(quantity)s %(unit)s from %(place)s, which can spare them.", **words
        )

    def _step_words_substitute(self, words):
        return self.env._(
            "Use %(product)s instead: %(quantity)s %(unit)s are there.", **words
        )

    # ---- doing it --------------------------------------------------------------------

    def _do_wait(self, step):
        return True

    def _do_requisition(self, step):
        """A request of the department to its store, asked at once."""
        return self._ask_store(self.product_id, step.quantity)

    def _do_substitute(self, step):
        return self._ask_store(
            self.env["product.product"].browse(step.product), step.quantity
        )

    def _ask_store(self, product, quantity):
        requisition = self.env["med.requisition"].create(
            {
                "department_id": self.department_id.id,
                "urgent": self.severity == "critical",
                "note": self.explanation,
                "line_ids": [(0, 0, {"product_id": product.id, "asked_qty": quantity})],
            }
        )
        requisition.action_ask()
        return requisition._get_records_action(name=self.env._("Requisition"))

    def _do_transfer(self, step):
        """A transfer from the other department, reserved there.

        Who may decide on it is the proposal's rule: the store, or a manager of one of
        the two departments.
        """
        giver = self.env["med.department"].sudo().browse(step.place)
        product = self.product_id.with_company(self.company_id)
        proposals = self.env["med.transfer.proposal"]
        # Proposals are the system's, made here at the wish of who acts on the alert.
        proposal = proposals.sudo().create(
            {
                "company_id": self.company_id.id,
                "product_id": product.id,
                "giver_id": giver.id,
                "giver_location_id": giver.stock_location_id.id,
                "receiver_id": self.department_id.id,
                "quantity": step.quantity,
                "reason": "excess",
                "value": step.quantity * product.sudo().standard_price,
                "proposed_on": fields.Date.context_today(self),
                "receiver_stock": (self.inputs or {}).get("usable") or 0.0,
                "receiver_daily_use": (self.inputs or {}).get("daily_use") or 0.0,
            }
        )
        proposals.browse(proposal.id).action_accept()
        return True
