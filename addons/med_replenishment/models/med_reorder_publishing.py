from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class MedReorderProposal(models.Model):
    """From a proposal to the native reorder rule, and back."""

    _inherit = "med.reorder.proposal"

    auto = fields.Boolean(
        string="Decided by the Policy",
        readonly=True,
        help="Approved without a person: the change was within the limits of the "
        "service policy and the settings.",
    )
    rolled_back_at = fields.Datetime(readonly=True)
    rolled_back_by_id = fields.Many2one("res.users", readonly=True)

    def action_roll_back(self):
        """Write the levels that held before; the figures are not proposed again."""
        self.check_access("write")
        proposals = self.sudo().filtered(lambda p: p.state == "published")
        proposals.orderpoint_id._med_check_unlocked()
        moved_on = proposals.filtered(lambda p: not p._is_what_holds())
        if moved_on:
            raise UserError(
                self.env._(
                    "These reorder rules have been changed since; rolling back would "
                    "undo the later change:\n%(rules)s",
                    rules="\n".join(moved_on.mapped("display_name")),
                )
            )
        proposals.write(
            {
                "state": "rolled_back",
                "rejection": "planner",
                "rolled_back_at": fields.Datetime.now(),
                "rolled_back_by_id": self.env.uid,
            }
        )
        before = self.sudo()._published_last(proposals.orderpoint_id)
        proposals.orderpoint_id._med_write_levels(
            {
                p.orderpoint_id: (
                    p.current_min,
                    p.current_max,
                    # Levels that were set by hand have no safety stock that is known.
                    p._safety_before(before.get(p.orderpoint_id.id)),
                )
                for p in proposals
            }
        )

    def _safety_before(self, former):
        """The safety stock of the levels that held before this proposal."""
        self.ensure_one()
        compare = self.orderpoint_id.product_uom.compare
        same = former and not (
            compare(former.reorder_point, self.current_min)
            or compare(former.order_up_to, self.current_max)
        )
        return former.safety_stock if same else 0.0

    @api.model
    def _publish_approved(self, limit=None):
        """Publish what is approved; a step of the nightly run.

        A rule that was changed or locked in the meantime is left as it is. Returns how
        many were looked at.
        """
        approved = self.search([("state", "=", "approved")], order="id", limit=limit)
        locked = approved.filtered("orderpoint_id.med_locked")
        locked.write({"state": "rejected", "rejection": "locked"})
        changed = (approved - locked)._changed_meanwhile()
        changed.write({"state": "rejected", "rejection": "changed"})
        (approved - locked - changed)._publish()
        return len(approved)

    @api.model
    def _publish_by_policy(self, proposals):
        """Publish those of ``proposals`` that the policy lets through; returns them."""
        within = proposals.filtered(lambda proposal: proposal._is_within_policy())
        within._publish(auto=True, decided_at=fields.Datetime.now())
        return within

    def _is_within_policy(self):
        self.ensure_one()
        company = self.company_id
        allowed = {"always": True, "never": False}.get(
            self.policy_id.auto_publish, company.med_auto_publish
        )
        if not allowed or self.problem or self.weak_data or self.state != "proposed":
            return False
        if self.orderpoint_id.med_forecast_weak:
            return False
        product = self.product_id.with_company(company)
        if product.standard_price <= 0:
            return False  # what the change is worth is not known
        if not self.backtest_count or self.wape > company.med_auto_error:
            return False
        return (
            self.change <= company.med_auto_change
            and abs(self.value_change) <= company.med_auto_value
        )

    def _publish(self, **values):
        """One statement for all reorder rules, whatever their number."""
        self.orderpoint_id._med_write_levels(
            {
                p.orderpoint_id: (p.reorder_point, p.order_up_to, p.safety_stock)
                for p in self
            }
        )
        self.write(
            {"state": "published", "published_at": fields.Datetime.now(), **values}
        )

    @api.model
    def _publish_stop(self, rules):
        """Hold none from now on, where stock is dead; a person decided it."""
        rules._med_check_unlocked()
        self.search(
            [("orderpoint_id", "in", rules.ids), ("state", "=", "proposed")]
        ).unlink()
        now = fields.Datetime.now()
        places = self.env["med.department"]._department_of_locations(rules.location_id)
        proposals = self.create(
            [
                {
                    "orderpoint_id": rule.id,
                    "company_id": rule.company_id.id,
                    "product_id": rule.product_id.id,
                    "location_id": rule.location_id.id,
                    "department_id": places[rule.location_id.id].id,
                    "date": rule.company_id._med_day(now),
                    "current_min": rule.product_min_qty,
                    "current_max": rule.product_max_qty,
                    "change": 1.0,
                    "value_change": -rule.product_max_qty
                    * rule.product_id.with_company(rule.company_id).standard_price,
                    "reason": "stop",
                    "decided_by_id": self.env.uid,
                    "decided_at": now,
                }
                for rule in rules
            ]
        )
        proposals._publish()
        return proposals

    def _is_what_holds(self):
        self.ensure_one()
        rule = self.orderpoint_id
        compare = rule.product_uom.compare
        return (
            compare(rule.product_min_qty, self.reorder_point) == 0
            and compare(rule.product_max_qty, self.order_up_to) == 0
        )

    def _changed_meanwhile(self):
        """Proposals whose reorder rule no longer is what they were compared with."""

        def differs(proposal):
            rule = proposal.orderpoint_id
            compare = rule.product_uom.compare
            return (
                compare(rule.product_min_qty, proposal.current_min) != 0
                or compare(rule.product_max_qty, proposal.current_max) != 0
            )

        return self.filtered(differs)


class StockWarehouseOrderpoint(models.Model):
    _inherit = "stock.warehouse.orderpoint"

    def _med_write_levels(self, levels):
        """Write ``{orderpoint: (minimum, maximum, safety stock)}``, in one statement.

        ``write`` would do it record by record: fifty thousand of them take a minute.
        A safety stock of None is left as it is. What follows from the levels is
        computed again by the ORM.
        """
        if not levels:
            return
        rules = self.browse(rule.id for rule in levels)
        names = ["product_min_qty", "product_max_qty", "med_safety_stock"]
        rules.flush_recordset(names)
        low, high, safety = zip(*levels.values(), strict=True)
        self.env.cr.execute(
            SQL(
                """UPDATE stock_warehouse_orderpoint rule
                      SET product_min_qty = new.low,
                          product_max_qty = greatest(new.low, new.high),
                          med_safety_stock = coalesce(
                              new.safety, rule.med_safety_stock
                          ),
                          write_uid = %s, write_date = now() AT TIME ZONE 'UTC'
                     FROM unnest(%s, %s::numeric[], %s::numeric[], %s::numeric[])
                          AS new (id, low, high, safety)
                    WHERE rule.id = new.id""",
                self.env.uid,
                rules.ids,
                list(low),
                list(high),
                list(safety),
            )
        )
        rules.invalidate_recordset([*names, "write_uid", "write_date"])
        for name in ("qty_to_order_computed", "deadline_date"):
            self.env.add_to_compute(self._fields[name], rules)
        rules.invalidate_recordset(["qty_to_order"], flush=False)
        if self.env.context.get("med_nightly_run"):
            rules._med_recompute_orders()
        else:
            rules._med_touch()
