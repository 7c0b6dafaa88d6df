from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core.next_step import Giver, Step, best_giver, in_order, missing_units

LOW = ("reorder_point", "safety_stock", "days_of_cover", "out_of_stock")
SPARE = ("over_stock", "dead_stock", "expiry", "expiry_unused")
#: Days of use that a place is filled up to where no reorder rule says how much.
FILL_DAYS = 14
#: Days of use that a place keeps for itself when it gives to another.
KEEP_DAYS = 7


class MedAlert(models.Model):
    """What to do next, computed from this moment's stock, and done by one click.

    Extension point: ``_next_steps`` adds ``Step``s; ``_step_words_<kind>`` says and
    ``_do_<kind>`` does one.
    """

    _inherit = "med.alert"

    next_step = fields.Char(
        compute="_compute_next_step", help="What the system proposes to do."
    )

    @api.depends("state", "kind", "measured")
    @api.depends_context("lang", "uid")
    def _compute_next_step(self):
        for alert in self:
            steps = alert._ordered_steps() if alert.state != "resolved" else []
            alert.next_step = alert._say_step(steps[0]) if steps else False

    def _ordered_steps(self):
        self.ensure_one()
        # Stock elsewhere decides what is proposed, whoever may see it in detail.
        return in_order(self.sudo()._next_steps())

    def _next_steps(self):
        """Extension point: what can be done about this one alert."""
        self.ensure_one()
        if self.kind in LOW:
            return self._steps_when_low()
        if self.kind in SPARE:
            return self._steps_when_spare()
        if self.kind == "expired":
            return [Step("quarantine", self.measured)]
        return []

    def _steps_when_low(self):
        inputs = self.inputs or {}
        use = inputs.get("daily_use") or 0.0
        up_to = inputs.get("order_up_to") or use * FILL_DAYS
        coming = self.on_the_way
        missing = missing_units(inputs.get("usable") or 0.0, coming, up_to)
        missing = self.product_id.uom_id.round(missing, rounding_method="UP")
        steps = [Step("wait", coming)] if coming and not missing else []
        if missing and self.department_id.kind not in (False, "store"):
            steps += self._steps_from_elsewhere(missing)
        if not steps:
            steps += self._steps_by_substitute(missing or up_to)
        return steps

    def _steps_from_elsewhere(self, missing):
        """From the store, else from another department that can spare it."""
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
        found = best_giver(missing, others)
        if found:
            steps.append(Step("transfer", found[1], found[0].key))
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
                "substitute", min(missing * each.ratio, each.usable), None, each.product
            )
            for each in found[:1]
            if each.usable > 0
        ]

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
                )
            ]
        if self.kind in ("expiry", "expiry_unused"):
            return [Step("use_first", (self.inputs or {}).get("free") or 0.0)]
        store = self._store_of(self.department_id)
        if store and self.department_id and store != self.department_id:
            return [Step("return", self._spare_units(), store.id)]
        return []

    def _spare_units(self):
        inputs = self.inputs or {}
        usable = inputs.get("usable") or 0.0
        if self.kind == "dead_stock":
            return usable
        return max(usable - (inputs.get("order_up_to") or 0.0), 0.0)

    # ---- in words --------------------------------------------------------------------

    def _say_step(self, step):
        product = self.env["product.product"].browse(step.product) or self.product_id
        department = self.env["med.department"].sudo().browse(step.place)
        return getattr(self, f"_step_words_{step.kind}")(
            {
                # Numbers and names only; the names of places are no secret.
                "quantity": self._format_quantity(step.quantity),
                "unit": product.sudo().uom_id.name or "",
                "product": product.sudo().display_name or "",
                "place": department.name or "",
            }
        )

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

    def _step_words_give_away(self, words):
        return self.env._(
            "Give %(quantity)s %(unit)s to %(place)s, which will use them.", **words
        )

    def _step_words_substitute(self, words):
        return self.env._(
            "Use %(product)s instead: %(quantity)s %(unit)s are there.", **words
        )

    def _step_words_quarantine(self, words):
        return self.env._("Take %(quantity)s %(unit)s into quarantine.", **words)

    def _step_words_return(self, words):
        return self.env._("Bring %(quantity)s %(unit)s back to %(place)s.", **words)

    def _step_words_use_first(self, words):
        return self.env._("Use this lot first: put it in front.", **words)

    # ---- doing it --------------------------------------------------------------------

    def action_next_step(self):
        """Do what is proposed, for one alert or for many; say what was not done."""
        self.check_access("write")
        done, failed, action = self.browse(), [], False
        for alert in self.filtered(lambda each: each.state != "resolved"):
            steps = alert._ordered_steps()
            if not steps:
                failed.append(
                    self.env._("%(alert)s: nothing can be proposed.", alert=alert.name)
                )
                continue
            try:
                with self.env.cr.savepoint():
                    action = alert._do_step(steps[0])
            except UserError as error:
                failed.append(f"{alert.name}: {error.args[0]}")
                continue
            done |= alert
        if len(self) == 1:
            if failed:
                raise UserError(failed[0])
            return action if isinstance(action, dict) else True
        return self._say_done(done, failed)

    def _do_step(self, step):
        """Do one step: the alert is in work, and its chatter says what was done."""
        self.ensure_one()
        result = getattr(self, f"_do_{step.kind}")(step)
        self.sudo()._move("begin")  # see _move_by_hand
        self.message_post(body=self._say_step(step))
        return result

    def _say_done(self, done, failed):
        text = self.env._("%(count)s done.", count=len(done))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if failed else "success",
                "sticky": bool(failed),
                "message": "\n".join([text, *failed]),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

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

    def _do_give_away(self, step):
        self.env["med.transfer.proposal"].browse(step.record).action_accept()
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
