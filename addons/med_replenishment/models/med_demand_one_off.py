from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import format_date

#: A day is a one-off when it took this many times the usual day with use ...
TIMES_USUAL = 8
#: ... and more than so many days of average use, ...
DAYS_OF_USE = 30
#: ... on an item with so many days of use at least, to know what is usual, ...
DAYS_SEEN = 8
#: ... and no more than so many days of two years come near it: else it is a habit.
NEAR = 2
WINDOW_DAYS = 730


class MedDemandOneOff(models.Model):
    """Demand that happened once: a project, a fitting-out, an inspection.

        left_out <──> real      the forecast reads it again

    Found in the night or marked by a planner. The demand itself stays in the table, and
    on every screen; only the forecast leaves the excess out. What somebody called real
    is not found again.
    """

    _name = "med.demand.one.off"
    _description = "One-off Demand"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, index=True, ondelete="cascade"
    )
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    location_id = fields.Many2one(
        "stock.location", required=True, readonly=True, ondelete="cascade"
    )
    department_id = fields.Many2one(
        "med.department", readonly=True, index="btree_not_null", ondelete="set null"
    )
    date = fields.Date(required=True, readonly=True)
    quantity = fields.Float(
        string="Demand of the Day", digits="Product Unit", readonly=True
    )
    usual = fields.Float(
        string="Usual Day",
        digits="Product Unit",
        readonly=True,
        help="Median of the days with use in two years.",
    )
    days_seen = fields.Integer(string="Days with Use", readonly=True)
    left_out = fields.Float(
        string="Units Left Out", digits="Product Unit", readonly=True
    )
    found_by = fields.Selection(
        [("night", "Found in the night"), ("planner", "Marked by a planner")],
        required=True,
        readonly=True,
        default="night",
    )
    state = fields.Selection(
        [("left_out", "Left out of the forecast"), ("real", "Real demand")],
        required=True,
        readonly=True,
        default="left_out",
        tracking=True,
    )
    note = fields.Char(
        help="What it was for: the project, the inspection, the opening."
    )
    explanation = fields.Text(compute="_compute_explanation")

    _day_uniq = models.Constraint(
        "unique(product_id, location_id, date)",
        "This day of the item is in the list already.",
    )

    @api.depends("product_id", "date")
    def _compute_display_name(self):
        for one_off in self:
            day = format_date(self.env, one_off.date)
            one_off.display_name = f"{one_off.product_id.display_name} · {day}"

    @api.depends("quantity", "usual", "left_out", "state")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for one_off in self:
            figures = {
                "quantity": f"{one_off.quantity:g}",
                "unit": one_off.uom_id.name,
                "day": format_date(self.env, one_off.date),
                "usual": f"{one_off.usual:g}",
                "seen": one_off.days_seen,
                "left_out": f"{one_off.left_out:g}",
            }
            if one_off.state == "real":
                one_off.explanation = self.env._(
                    "%(quantity)s %(unit)s on %(day)s, where %(usual)s is usual "
                    "(median of %(seen)s days with use). Somebody said that this is "
                    "real demand: the forecast reads all of it.",
                    **figures,
                )
            else:
                one_off.explanation = self.env._(
                    "%(quantity)s %(unit)s on %(day)s, where %(usual)s is usual "
                    "(median of %(seen)s days with use), and no season repeats it. "
                    "The forecast leaves %(left_out)s of it out.",
                    **figures,
                )

    def write(self, vals):
        if not self.env.su and vals.keys() - {"note"} - set(self._mail_fields()):
            raise UserError(
                self.env._("One-off demand is decided by the buttons; add a note only.")
            )
        return super().write(vals)

    @api.model
    def _mail_fields(self):
        return [
            name for name in self._fields if name.startswith(("message_", "rating"))
        ]

    def action_real(self):
        """This is demand like any other: the forecast reads it from now on."""
        self._decide("real")

    def action_leave_out(self):
        self._decide("left_out")

    def _decide(self, state):
        self.check_access("write")
        # The planner decides; the figures are the job's.
        self.sudo().write({"state": state})
        self.sudo()._apply()

    @api.model
    def _mark(self, days, note):
        """Leave out what is above the usual of these ``med.demand.day`` records."""
        self.check_access("write")
        found = self.sudo()._candidates(
            SQL("product_id = ANY(%s)", days.product_id.ids),
            SQL("day.id = ANY(%s)", days.ids),
            by_hand=True,
            found_by="planner",
        )
        found.write({"note": note, "state": "left_out"})
        found._apply()
        return found.with_env(self.env)

    @api.model
    def _look_for(self, products=None):
        """Find new one-offs of ``products`` (ids; None is all) and apply all marks."""
        if products is None or products:
            some = SQL("TRUE")
            if products is not None:
                some = SQL("product_id = ANY(%s)", list(products))
            self._candidates(some)
        self._apply()

    @api.model
    def _candidates(self, products, some=None, by_hand=False, found_by="night"):
        """Make records of the days of ``products`` that ``some`` lets through.

        Both are SQL: on ``product_id``, and on ``day``. What is dear is asked of the
        few days that are large.
        """
        some = some or SQL("TRUE")
        self.env.cr.execute(
            SQL(
                """
                WITH day AS MATERIALIZED (
                    SELECT * FROM med_demand_day AS day
                     WHERE date > current_date - %(window)s AND quantity > 0
                       AND %(products)s
                ), usual AS MATERIALIZED (
                    SELECT product_id, location_id, count(*) AS seen,
                           percentile_cont(0.5) WITHIN GROUP (ORDER BY quantity)
                               AS median,
                           sum(quantity) AS total,
                           current_date - min(date) + 1 AS span
                      FROM day
                  GROUP BY product_id, location_id
                ), large AS MATERIALIZED (
                    SELECT day.*, usual.median, usual.seen
                      FROM day
                      JOIN usual USING (product_id, location_id)
                     WHERE %(some)s
                       AND day.quantity > usual.median
                       AND (%(by_hand)s OR (
                           usual.seen >= %(seen)s
                           AND day.quantity >= %(times)s * usual.median
                           AND day.quantity >= %(cover)s
                               * (usual.total - day.quantity) / usual.span
                       ))
                )
                INSERT INTO med_demand_one_off (
                    company_id, product_id, location_id, department_id, date, quantity,
                    usual, days_seen, left_out, found_by, state,
                    create_uid, create_date, write_uid, write_date
                )
                SELECT large.company_id, large.product_id, large.location_id,
                       large.department_id, large.date, large.quantity,
                       round(large.median::numeric, 2), large.seen,
                       round((large.quantity - large.median)::numeric, 2), %(by)s,
                       'left_out', %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s,
                       now() AT TIME ZONE 'UTC'
                  FROM large
                 WHERE %(by_hand)s OR (
                       SELECT count(*) FROM med_demand_day AS other
                        WHERE other.product_id = large.product_id
                          AND other.location_id = large.location_id
                          AND other.date > current_date - %(window)s
                          AND other.quantity >= large.quantity / 2
                       ) <= %(near)s
                    ON CONFLICT (product_id, location_id, date) DO UPDATE
                   SET quantity = EXCLUDED.quantity, left_out = EXCLUDED.left_out
             RETURNING id
                """,
                window=WINDOW_DAYS,
                products=products,
                some=some,
                by=found_by,
                uid=self.env.uid,
                by_hand=by_hand,
                seen=DAYS_SEEN,
                times=TIMES_USUAL,
                cover=DAYS_OF_USE,
                near=NEAR,
            )
        )
        found = self.browse(id_ for (id_,) in self.env.cr.fetchall())
        found.invalidate_recordset()
        return found

    @api.model
    def _apply(self):
        """Write what is left out beside the demand: of the shelf, and of its store."""
        self.flush_model()
        self.env["med.demand.day"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                WITH mark AS (
                    SELECT product_id, location_id, date, max(left_out) AS left_out
                      FROM (
                        SELECT product_id, location_id, date, left_out
                          FROM med_demand_one_off WHERE state = 'left_out'
                         UNION ALL
                        SELECT mark.product_id, warehouse.lot_stock_id, mark.date,
                               sum(mark.left_out)
                          FROM med_demand_one_off mark
                          JOIN med_department department
                            ON department.id = mark.department_id
                          JOIN stock_warehouse warehouse
                            ON warehouse.id = department.warehouse_id
                         WHERE mark.state = 'left_out'
                           AND warehouse.lot_stock_id <> mark.location_id
                      GROUP BY mark.product_id, warehouse.lot_stock_id, mark.date
                      ) AS both_floors
                  GROUP BY product_id, location_id, date
                ), wanted AS (
                    SELECT day.id,
                           least(mark.left_out, greatest(day.quantity, 0)) AS one_off
                      FROM mark
                      JOIN med_demand_day day USING (product_id, location_id, date)
                     UNION ALL
                    SELECT day.id, 0
                      FROM med_demand_day day
                     WHERE day.one_off <> 0
                       AND NOT EXISTS (
                           SELECT FROM mark
                            WHERE mark.product_id = day.product_id
                              AND mark.location_id = day.location_id
                              AND mark.date = day.date
                       )
                )
                UPDATE med_demand_day day SET one_off = wanted.one_off
                  FROM wanted
                 WHERE wanted.id = day.id
                   AND day.one_off IS DISTINCT FROM wanted.one_off
                """
            )
        )
        self.env["med.demand.day"].invalidate_model(["one_off"])
