from odoo import api, fields, models


class StockMove(models.Model):
    """Use of a department's stock bears a cost, on the department's cost centre.

    Any move to or from a department's place of use counts, whoever made it; only done
    and valued moves bear cost, so that picking, unpicking, cancelling and transfers
    between shelves leave nothing behind.
    """

    _inherit = "stock.move"

    med_department_id = fields.Many2one(
        "med.department",
        string="Used by",
        compute="_compute_med_department_id",
        store=True,
        index="btree_not_null",
    )
    med_event_time = fields.Datetime(
        string="Used at",
        copy=False,
        help="When the use took place, which may be before it was reported.",
    )

    @api.depends("location_id", "location_dest_id")
    def _compute_med_department_id(self):
        departments = (
            self.env["med.department"].sudo().with_context(active_test=False)
        )  # a move bears its department whoever moves it
        places = self.location_id | self.location_dest_id
        by_place = {
            department.consumption_location_id: department
            for department in departments.search(
                [("consumption_location_id", "in", places.ids)]
            )
        }
        for move in self:
            move.med_department_id = by_place.get(
                move.location_dest_id, by_place.get(move.location_id, False)
            )

    def _skip_push(self):
        # What was used goes nowhere from its place of use.
        return bool(self.med_department_id) or super()._skip_push()

    def _update_orderpoints(self):
        """Of the rules of a warehouse, use touches those that count its shelf."""
        uses = self.filtered("med_department_id")
        result = super(StockMove, self - uses)._update_orderpoints()
        uses._med_update_orderpoints()
        return result

    def _med_update_orderpoints(self):
        if not self:
            return
        places = self.location_id | self.location_dest_id
        above = {
            place: {int(id_) for id_ in place.parent_path.split("/")[:-1]}
            for place in places
        }
        touched = {
            (move.product_id.id, id_)
            for move in self
            for place in (move.location_id, move.location_dest_id)
            for id_ in above[place]
        }
        rules = self.env["stock.warehouse.orderpoint"].sudo()  # whoever uses, not reads
        rules = rules.search(
            [
                ("product_id", "in", self.product_id.ids),
                ("location_id", "in", list(set().union(*above.values()))),
            ],
            order="id",
        ).filtered(lambda rule: (rule.product_id.id, rule.location_id.id) in touched)
        rules.invalidate_recordset(["qty_to_order", "qty_forecast"])
        self.env.add_to_compute(rules._fields["qty_to_order_computed"], rules)

    def _get_analytic_distribution(self):
        cost_centre = self.med_department_id.analytic_account_id
        if cost_centre:
            return {str(cost_centre.id): 100}
        return super()._get_analytic_distribution()

    def _prepare_analytic_lines(self):
        bears_cost = self.state == "done" and (self.is_in or self.is_out)
        if (
            self.med_department_id
            and not bears_cost
            and not self.analytic_account_line_ids
        ):
            return False
        return super()._prepare_analytic_lines()

    def _prepare_analytic_line_values(self, account_field_values, amount, unit_amount):
        values = super()._prepare_analytic_line_values(
            account_field_values, amount, unit_amount
        )
        department = self.med_department_id
        if not department:
            return values
        event_time = self.med_event_time or self.date
        values.update(
            name=values["name"] or self.product_id.display_name,
            date=self.company_id._med_day(event_time),
            category="med_consumption",
            general_account_id=(
                department.consumption_location_id.valuation_account_id
                or self.company_id.med_consumption_account_id
            ).id,
            med_department_id=department.id,
            med_stock_move_id=self.id,
        )
        return values
