from odoo import fields, models
from odoo.exceptions import UserError

from ..core.next_step import Step

SPARE = ("over_stock", "dead_stock", "expiry", "expiry_unused")


class MedAlert(models.Model):
    """Where there is too much, or what may not lie there: give it, bring it away."""

    _inherit = "med.alert"

    def _next_steps(self):
        steps = super()._next_steps()
        if self.kind in SPARE:
            steps += self._steps_when_spare()
        elif self.kind == "expired":
            steps.append(Step("quarantine", self.measured, most=self.measured))
        elif self.kind == "cold_chain":
            steps += self._steps_into_the_cold()
        return steps

    def _steps_when_spare(self):
        """Give it to whoever will use it; else bring it back; else use it first."""
        proposals = self.env["med.transfer.proposal"].search(
            [
                ("state", "=", "proposed"),
                ("product_id", "=", self.product_id.id),
                ("giver_id", "=", self.department_id.id),
                ("lot_id", "in", self.lot_id.ids or [False])
                if self.lot_id
                else ("product_id", "=", self.product_id.id),
            ],
            order="value desc",
            limit=1,
        )
        if proposals:
            return [
                Step(
                    "give_away",
                    proposals.quantity,
                    proposals.receiver_id.id,
                    record=proposals.id,
                    most=proposals.quantity,
                )
            ]
        if self.kind in ("expiry", "expiry_unused"):
            return [Step("use_first", (self.inputs or {}).get("free") or 0.0)]
        store = self._store_of(self.department_id)
        if store and self.department_id and store != self.department_id:
            usable = (self.inputs or {}).get("usable") or 0.0
            return [Step("return", self._spare_units(), store.id, most=usable)]
        return []

    def _spare_units(self):
        inputs = self.inputs or {}
        usable = inputs.get("usable") or 0.0
        if self.kind == "dead_stock":
            return usable
        return max(usable - (inputs.get("order_up_to") or 0.0), 0.0)

    def _steps_into_the_cold(self):
        """To the refrigerated place that is nearest: in the same warehouse."""
        quantity = (self.inputs or {}).get("quantity") or 0.0
        fridges = self.env["stock.location"].search(
            [
                ("med_refrigerated", "=", True),
                ("company_id", "=", self.company_id.id),
                ("usage", "=", "internal"),
            ]
        )
        near = fridges.filtered(
            lambda f: f.warehouse_id == self.location_id.warehouse_id
        )
        fridge = (near or fridges)[:1]
        if not fridge or quantity <= 0:
            return []
        return [Step("into_the_cold", quantity, record=fridge.id, most=quantity)]

    # ---- in words --------------------------------------------------------------------

    def _step_words_give_away(self, words):
        return self.env._(
            "Give %(quantity)s %(unit)s to %(place)s, which will use them.", **words
        )

    def _step_words_quarantine(self, words):
        return self.env._("Take %(quantity)s %(unit)s into quarantine.", **words)

    def _step_words_return(self, words):
        return self.env._("Bring %(quantity)s %(unit)s back to %(place)s.", **words)

    def _step_words_use_first(self, words):
        return self.env._("Use this lot first: put it in front.", **words)

    def _step_words_into_the_cold(self, words):
        fridge = self.env["stock.location"].sudo().browse(words["record"])
        return self.env._(
            "Bring %(quantity)s %(unit)s into the cold: %(fridge)s.",
            fridge=fridge.display_name,
            **words,
        )

    # ---- doing it --------------------------------------------------------------------

    def _do_give_away(self, step):
        proposal = self.env["med.transfer.proposal"].browse(step.record)
        if proposal.sudo().quantity != step.quantity:
            # The figures are the system's; whoever may accept it may give less.
            proposal.sudo().quantity = step.quantity
        proposal.action_accept()
        return True

    def _do_return(self, step):
        """A transfer back to the store, ready to be handed over."""
        self._make_transfer(
            self.env["med.department"].sudo().browse(step.place).stock_location_id,
            step.quantity,
        )
        return True

    def _do_quarantine(self, step):
        """Move the expired pieces to where nobody takes them."""
        owner = self.department_id.sudo()
        place = (
            owner._med_quarantine_place()
            if owner and owner.kind != "store"
            else self.location_id.sudo().warehouse_id._med_quarantine()
        )
        picking = self._make_transfer(place, step.quantity)
        picking.move_ids.picked = True
        picking.with_context(skip_sanity_check=False).button_validate()
        return True

    def _do_use_first(self, step):
        return True

    def _do_into_the_cold(self, step):
        """A transfer into the fridge, ready: whoever carries it there confirms it."""
        # Any refrigerated place will do, whoever may see it.
        fridge = self.env["stock.location"].sudo().browse(step.record)
        return self._make_transfer(fridge, step.quantity)._get_records_action(
            name=self.env._("Transfer")
        )

    def _make_transfer(self, target, quantity):
        """A reserved transfer of this alert's item and lot from its place."""
        # Whoever may act on an alert of the own department brings its pieces away.
        alert = self.sudo()
        warehouse = alert.location_id.warehouse_id
        picking = alert.env["stock.picking"].create(
            {
                "picking_type_id": warehouse.int_type_id.id,
                "location_id": alert.location_id.id,
                "location_dest_id": target.id,
                "company_id": alert.company_id.id,
                "origin": alert.name,
                "move_ids": [
                    fields.Command.create(
                        {
                            "product_id": alert.product_id.id,
                            "product_uom": alert.uom_id.id,
                            "product_uom_qty": quantity,
                            "location_id": alert.location_id.id,
                            "location_dest_id": target.id,
                            "company_id": alert.company_id.id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        if alert.lot_id:
            picking.move_ids._do_unreserve()
            self._reserve_lot(picking.move_ids, quantity)
        return picking

    def _reserve_lot(self, move, quantity):
        """Reserve this very lot, also where it may not be given to patients."""
        piles = (
            self.env["stock.quant"]
            .sudo()
            .search(  # see _make_transfer
                [
                    ("lot_id", "=", self.lot_id.id),
                    ("location_id", "child_of", self.location_id.id),
                    ("location_id.med_quarantine", "=", False),
                    ("quantity", ">", 0),
                ]
            )
        )
        rows, left = [], quantity
        for pile in piles:
            taken = min(left, pile.quantity - pile.reserved_quantity)
            if taken > 0:
                rows.append((pile, taken))
                left -= taken
        if not rows:
            raise UserError(
                self.env._(
                    "Nothing of %(lot)s is free in %(place)s: it is reserved, or was "
                    "moved a moment ago.",
                    lot=self.lot_id.display_name,
                    place=self._place_name(),
                )
            )
        move.move_line_ids = [
            fields.Command.create(
                {
                    "product_id": pile.product_id.id,
                    "lot_id": pile.lot_id.id,
                    "location_id": pile.location_id.id,
                    "location_dest_id": move.location_dest_id.id,
                    "quantity": taken,
                }
            )
            for pile, taken in rows
        ]
