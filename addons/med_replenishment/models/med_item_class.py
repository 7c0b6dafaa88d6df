import logging
from datetime import timedelta

import numpy as np

from odoo import api, fields, models
from odoo.tools import SQL, split_every

from ..core.service_classes import fsn_classes, variation, xyz_classes

_logger = logging.getLogger(__name__)

WEEKS = 52
#: With fewer weeks of use nobody knows whether it is steady.
LEAST_WEEKS = 8
#: Rows written together.
BATCH = 2000


class MedItemClass(models.Model):
    """How one item was used in the year before a month: ABC, XYZ and FSN.

    Made on the first of each month and kept, so that a class can be followed. What the
    classes are now is on the item, too.
    """

    _name = "med.item.class"
    _description = "Class of an Item"
    _log_access = False
    _order = "month desc, year_value desc, id"
    _rec_name = "product_id"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    month = fields.Date(required=True, readonly=True, index=True)
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, ondelete="cascade", index=True
    )
    product_categ_id = fields.Many2one(
        related="product_id.categ_id", string="Product Category"
    )
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    ved = fields.Selection(
        [("V", "Vital"), ("E", "Essential"), ("D", "Desirable")],
        string="VED",
        readonly=True,
    )
    abc = fields.Selection(
        [("A", "A"), ("B", "B"), ("C", "C")], string="ABC", readonly=True
    )
    xyz = fields.Selection(
        [("X", "X: steady"), ("Y", "Y: varying"), ("Z", "Z: irregular")],
        string="XYZ",
        readonly=True,
    )
    fsn = fields.Selection(
        [("F", "F: fast"), ("S", "S: slow"), ("N", "N: not moving")],
        string="FSN",
        readonly=True,
    )
    year_use = fields.Float(
        string="Used in a Year", digits="Product Unit", readonly=True
    )
    year_value = fields.Monetary(string="Value of It", readonly=True)
    variation = fields.Float(
        digits=(16, 2),
        readonly=True,
        aggregator="avg",
        help="Standard deviation ÷ mean of the weeks; X up to 0.5, Y up to 1.",
    )
    last_use = fields.Date(readonly=True)
    stock = fields.Float(digits="Product Unit", readonly=True)
    stock_value = fields.Monetary(readonly=True)
    cover_days = fields.Float(
        string="Days of Cover", digits=(16, 0), readonly=True, aggregator="avg"
    )

    _month_uniq = models.UniqueIndex("(company_id, month, product_id)")

    @api.model
    def _cron_classify(self):
        """Every night: what this month still lacks, the classes, then the dead stock.

        Each step of each company is committed for itself. What fails is logged, holds
        nobody else up and has its turn again the next night.
        """
        cron = self.env["ir.cron"]
        companies = self.env["res.company"].search([("id", "!=", False)])
        steps = [
            (company, name)
            for company in companies
            for name in ("med_classified_on", "med_dead_looked_on")
            if company._med_lacks_month(name)
        ]
        cron._commit_progress(remaining=len(steps))
        for left, (company, name) in zip(
            range(len(steps) - 1, -1, -1), steps, strict=True
        ):
            try:
                self._monthly_step(company, name)
                self.env.flush_all()
                done = 1
            except Exception:
                self.env.cr.rollback()
                self.env.invalidate_all(flush=False)
                _logger.exception("%s of %s: tomorrow again", name, company.name)
                done = 0
            if not cron._commit_progress(done, remaining=left):
                break

    @api.model
    def _monthly_step(self, company, name):
        """One of the two steps of ``company``; ``name`` is where it is remembered."""
        if name == "med_classified_on":
            self.with_company(company)._classify(company)
        else:
            self.env["med.dead.stock"].with_company(company)._look(company)
        company[name] = company._med_day(fields.Datetime.now())

    @api.model
    def action_classify(self):
        """Now, for those who do not want to wait for the month."""
        self.env["med.dead.stock"].check_access("write")
        company = self.env.company
        # All places are read; whoever may decide on dead stock may ask for it.
        self.sudo()._classify(company)
        self.env["med.dead.stock"].sudo()._look(company)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    @api.model
    def _classify(self, company):
        today = company._med_day(fields.Datetime.now())
        products = self.env["product.product"].search(
            [("med_consumable", "=", True)], order="id"
        )
        weekly, last = self._weekly(products, company, today)
        with np.errstate(invalid="ignore"):
            spread = variation(weekly)
        silent = np.array(
            [(today - last[p.id]).days if p.id in last else 9999 for p in products]
        )
        stock = self._own_stock(products, company)
        letters = zip(xyz_classes(weekly), fsn_classes(silent), strict=True)
        known = np.isfinite(weekly).sum(1) >= LEAST_WEEKS
        year = np.nansum(weekly, 1)
        rows = []
        for row, (product, (xyz, fsn)) in enumerate(
            zip(products, letters, strict=True)
        ):
            used, cost = float(year[row]), product.standard_price
            rows.append(
                {
                    "company_id": company.id,
                    "month": today.replace(day=1),
                    "product_id": product.id,
                    "ved": product.med_ved,
                    "abc": product.med_abc,
                    "xyz": str(xyz) if used and known[row] else False,
                    "fsn": str(fsn),
                    "year_use": used,
                    "year_value": used * cost,
                    "variation": min(float(spread[row]), 99.0) if used else 0.0,
                    "last_use": last.get(product.id),
                    "stock": stock.get(product.id, 0.0),
                    "stock_value": stock.get(product.id, 0.0) * cost,
                    "cover_days": min(stock.get(product.id, 0.0) / used * 365, 9999)
                    if used
                    else 0.0,
                }
            )
        self.search(
            [("company_id", "=", company.id), ("month", "=", today.replace(day=1))]
        ).unlink()
        for some in split_every(BATCH, rows):
            self.create(list(some))
        self._write_on_items(rows)

    @api.model
    def _write_on_items(self, rows):
        """The classes of today on the items of the acting company."""
        Product = self.env["product.product"]
        for name, letters in (("med_xyz", "XYZ"), ("med_fsn", "FSN")):
            key = name.removeprefix("med_")
            for letter in (*letters, False):
                ids = [row["product_id"] for row in rows if row[key] == letter]
                changed = Product.browse(ids).filtered(
                    lambda item, n=name, x=letter: item[n] != x
                )
                for some in split_every(BATCH, changed.ids):
                    Product.browse(some).with_context(tracking_disable=True).write(
                        {name: letter}
                    )

    @api.model
    def _weekly(self, products, company, today):
        """Use of the last year a week, (products, weeks), and the day of the last use.

        Weeks before the very first use are unknown (NaN).
        """
        row_of = {product.id: row for row, product in enumerate(products)}
        weekly = np.zeros((len(products), WEEKS))
        last = {}
        for product, weeks, units, latest, first in self.env.execute_query(
            SQL(
                """
                SELECT product_id, array_agg(week), array_agg(units), max(latest), (
                           SELECT (%(today)s - 1 - min(ever.date)) / 7
                             FROM med_demand_day ever
                            WHERE ever.product_id = week_of.product_id
                              AND ever.company_id = %(company)s AND ever.used > 0
                       )
                  FROM (
                    SELECT product_id, (%(today)s - 1 - date) / 7 AS week,
                           greatest(sum(used), 0)::float8 AS units,
                           max(date) FILTER (WHERE used > 0) AS latest
                      FROM med_demand_day
                     WHERE company_id = %(company)s AND date < %(today)s
                       AND date >= %(today)s - %(days)s AND used <> 0
                       AND product_id = ANY(%(products)s)
                  GROUP BY product_id, week
                  ) AS week_of
              GROUP BY product_id
                """,
                today=today,
                company=company.id,
                days=7 * WEEKS,
                products=products.ids,
            )
        ):
            row = row_of[product]
            weekly[row, WEEKS - 1 - np.array(weeks)] = units
            weekly[row, : max(WEEKS - 1 - first, 0)] = np.nan
            if latest:
                last[product] = latest
        return weekly, last

    @api.model
    def _own_stock(self, products, company):
        """The hospital's own stock, ``{product id: units}``; consigned is not ours."""
        groups = self.env["stock.quant"]._read_group(
            [
                ("product_id", "in", products.ids),
                ("company_id", "=", company.id),
                ("location_id.usage", "=", "internal"),
                ("owner_id", "=", False),
            ],
            ["product_id"],
            ["quantity:sum"],
        )
        return {product.id: quantity for product, quantity in groups}

    @api.model
    def _dead_since(self, company):
        today = company._med_day(fields.Datetime.now())
        return today - timedelta(days=company.med_dead_days)
