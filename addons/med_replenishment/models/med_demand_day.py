from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL


class MedDemandDay(models.Model):
    """Units of one product asked of one place on one day of the hospital.

    ``used`` is what the ledger says, use less returns; a correction takes back the day
    it corrects. Waste, transfers, scrap and counts are no demand. ``dependent`` is what
    a store must supply: the use of departments that report it, and what is issued to
    departments that do not. So each unit counts once in each of the two, and a sum over
    departments is a sum of ``used``. What use alone does not tell is beside it:
    requests that were not served, and substitutes, which count for what was asked.

    Rows can be made again from the ledger at any time, except for the stock-out marks:
    what lay on a shelf in a past night is nowhere else. ``short`` is from the ledger:
    only there something was missing.
    """

    _name = "med.demand.day"
    _description = "Demand of a Day"
    _order = "date desc, id desc"
    _log_access = False

    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, ondelete="cascade"
    )
    product_categ_id = fields.Many2one(
        related="product_id.categ_id", string="Product Category"
    )
    location_id = fields.Many2one(
        "stock.location", required=True, readonly=True, ondelete="cascade", index=True
    )
    department_id = fields.Many2one(
        "med.department",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="Whose place it is.",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    date = fields.Date(required=True, readonly=True)
    used = fields.Float(
        digits="Product Unit", readonly=True, help="Use less returns, from the ledger."
    )
    dependent = fields.Float(
        string="Asked of the Store",
        digits="Product Unit",
        readonly=True,
        help="Use of the departments that this store supplies.",
    )
    unserved = fields.Float(
        string="Asked in Vain",
        digits="Product Unit",
        readonly=True,
        help="Requests that were closed without being served, and not asked again.",
    )
    credited = fields.Float(
        string="Substitutes",
        digits="Product Unit",
        readonly=True,
        help="Substitutes issued count for the item that was asked for (plus), not for "
        "the one that stood in (minus).",
    )
    quantity = fields.Float(
        string="Demand",
        digits="Product Unit",
        readonly=True,
        help="Used, asked of the store, asked in vain and substitutes together.",
    )
    one_off = fields.Float(
        string="Left Out",
        digits="Product Unit",
        readonly=True,
        help="The part of the demand that happened once and is not expected again; "
        "the forecast does not read it. See One-off Demand.",
    )
    stockout = fields.Boolean(
        string="Out of Stock",
        readonly=True,
        help="The shelf was empty that night, or a use found nothing on the books. "
        "A day without use does not count as zero demand then.",
    )

    short = fields.Boolean(
        string="Found Nothing",
        readonly=True,
        help="A use found nothing on the books: something was missing that day. A "
        "shelf that served its last piece and lay empty in the night missed nothing.",
    )

    _day_uniq = models.Constraint(
        "unique(product_id, location_id, date)",
        "A place has one row a product and day.",
    )
    _company_date_idx = models.Index("(company_id, date)")
    _one_off_idx = models.Index("(product_id) WHERE one_off <> 0")

    @api.model
    def _mark_stockouts(self, orderpoints):
        """Mark the day that this night belongs to where a place is empty.

        Its use is then not all that was asked for. The job may begin at any hour of the
        hospital's clock: the day is that of twelve hours ago.
        """
        usable = orderpoints._med_usable()
        moment = fields.Datetime.now() - timedelta(hours=12)
        ending = {
            company: company._med_day(moment) for company in orderpoints.company_id
        }
        # What is reserved is there, and somebody gets it.
        empty = orderpoints.filtered(
            lambda o: usable[o].usable + usable[o].reserved <= 0
        )
        departments = self.env["med.department"]._department_of_locations(
            empty.location_id
        )
        rows = [
            (
                orderpoint.company_id.id,
                orderpoint.product_id.id,
                orderpoint.location_id.id,
                departments[orderpoint.location_id.id].id or None,
                ending[orderpoint.company_id],
            )
            for orderpoint in empty
        ]
        if not rows:
            return
        self.env.cr.execute(
            SQL(
                """INSERT INTO med_demand_day (
                       company_id, product_id, location_id, department_id, date,
                       used, dependent, unserved, credited, quantity, one_off, stockout
                   )
                   SELECT company_id, product_id, location_id, department_id::int,
                          date::date, 0, 0, 0, 0, 0, 0, TRUE
                     FROM (VALUES %s) AS empty (
                         company_id, product_id, location_id, department_id, date
                     )
                       ON CONFLICT (product_id, location_id, date)
                       DO UPDATE SET stockout = TRUE""",
                SQL(", ").join(SQL("%s", row) for row in rows),
            )
        )
        self.invalidate_model()
