from odoo import api, fields, models
from odoo.tools import SQL

#: A return is proposed for goods with at least so many days left.
DAYS_TO_RETURN = 180
#: Fresh pieces are asked for where fewer days are left than this.
DAYS_TO_SWAP = 180


class MedDeadStock(models.Model):
    """How dead stock is found, and what is proposed for it."""

    _inherit = "med.dead.stock"

    @api.model
    def _look(self, company):
        """Bring what is open up to date with what lies dead today."""
        for name in ("stock.quant", "stock.move", "med.demand.day"):
            self.env[name].flush_model()
        known = self.search(
            [("company_id", "=", company.id), ("state", "in", ("open", "kept"))]
        ).grouped(lambda row: (row.product_id.id, row.location_id.id))
        kept = {key for key, row in known.items() if row.state == "kept"}
        reserved = self._held_on_purpose(company)
        takers = self.env["med.transfer.proposal"]._takers(company)
        dead = [
            row
            for row in self.env.execute_query_dict(self._query(company))
            if (row["product_id"], row["location_id"]) not in kept
            and (row["product_id"], row["department_id"]) not in reserved
        ]
        products = self.env["product.product"].with_company(company)
        products = products.browse(row["product_id"] for row in dead)
        rows, new = self.browse(), []
        for row, product in zip(dead, products, strict=True):
            vals = self._prepare_row(row, product, company, takers)
            if found := known.get((row["product_id"], row["location_id"])):
                found.write(vals)
                rows |= found
            else:
                new.append(vals)
        alive = self.union(*known.values()).filtered(lambda row: row.state == "open")
        (alive - rows).unlink()
        return rows | self.create(new)

    @api.model
    def _held_on_purpose(self, company):
        """Clinical reserves: ``{(product id, department id)}``."""
        needs = self.env["med.special.need"].search(
            [("company_id", "=", company.id), ("kind", "=", "reserve")]
        )
        rules = (
            needs._orderpoints() if needs else needs.env["stock.warehouse.orderpoint"]
        )
        places = self.env["med.department"]._department_of_locations(rules.location_id)
        return {(rule.product_id.id, places[rule.location_id.id].id) for rule in rules}

    @api.model
    def _prepare_row(self, row, product, company, takers):
        seller = product._select_seller(quantity=None)
        days = row["expires"] and (row["expires"] - row["today"]).days
        proposal = "stop"
        taker = takers.get((row["product_id"], row["location_id"]), {})
        if taker and row["department_id"]:
            proposal = "transfer"
        elif seller and days is not None and 0 < days < DAYS_TO_SWAP:
            proposal = "swap"
        elif seller and (days is None or days >= DAYS_TO_RETURN):
            proposal = "return"
        row = dict(row)
        row.pop("today")
        nobody = dict.fromkeys(("receiver_id", "receiver_use", "receiver_qty"), False)
        return {
            **row,
            **nobody,
            **taker,
            "company_id": company.id,
            "value": row["quantity"] * product.standard_price,
            "partner_id": seller.partner_id.id,
            "proposal": proposal,
        }

    @api.model
    def _query(self, company):
        """Own stock by item and place that came long ago and was not used since."""
        today = company._med_day(fields.Datetime.now())
        return SQL(
            """
            WITH home AS (%(homes)s)
            SELECT lying.*, used.last_use, %(today)s AS today
              FROM (
                SELECT quant.product_id, home.place_id AS location_id,
                       home.department_id,
                       sum(quant.quantity)::float8 AS quantity,
                       max(quant.in_date)::date AS lying_since,
                       min(quant.expiration_date)::date AS expires
                  FROM stock_quant quant
                  JOIN home ON home.location_id = quant.location_id
                  JOIN product_product product ON product.id = quant.product_id
                  JOIN product_template item ON item.id = product.product_tmpl_id
                 WHERE quant.company_id = %(company)s AND quant.owner_id IS NULL
                   AND item.med_consumable AND item.med_ved IS DISTINCT FROM 'V'
              GROUP BY quant.product_id, home.place_id, home.department_id
                HAVING sum(quant.quantity) > 0
                   AND max(quant.in_date)::date < %(since)s
              ) AS lying
         LEFT JOIN LATERAL (
                SELECT max(day.date) AS last_use FROM med_demand_day day
                 WHERE day.product_id = lying.product_id
                   AND day.location_id = lying.location_id AND day.quantity > 0
              ) AS used ON TRUE
             WHERE coalesce(used.last_use, '-infinity') < %(since)s
            """,
            homes=self._home_query(company),
            today=today,
            company=company.id,
            since=self.env["med.item.class"]._dead_since(company),
        )

    @api.model
    def _home_query(self, company):
        """Where use of what lies in each place is written: the nearest department's
        shelf above it, else the store, else the place itself; and whose it is.
        """
        return SQL(
            """
            SELECT DISTINCT ON (place.id)
                   place.id AS location_id,
                   coalesce(above.id, place.id) AS place_id, above.department_id
              FROM stock_location place
         LEFT JOIN (
                SELECT shelf.id, shelf.parent_path, department.id AS department_id
                  FROM med_department department
                  JOIN stock_location shelf
                    ON shelf.id = department.stock_location_id
                 WHERE department.active
                 UNION ALL
                SELECT store.id, store.parent_path, NULL
                  FROM stock_warehouse warehouse
                  JOIN stock_location store ON store.id = warehouse.lot_stock_id
              ) AS above ON place.parent_path LIKE above.parent_path || '%%'
             WHERE place.usage = 'internal' AND place.company_id = %s
          ORDER BY place.id, length(above.parent_path) DESC NULLS LAST,
                   above.department_id NULLS LAST
            """,
            company.id,
        )
