from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..core.month_end import Flow, Holding, cents, month_end


class MedClosingLine(models.Model):
    """One item in one place over the month: opening + in − out = closing."""

    _name = "med.closing.line"
    _description = "Month Closing Line"
    _order = "closing_id desc, location_id, product_id"
    _rec_name = "product_id"

    closing_id = fields.Many2one(
        "med.closing", required=True, index=True, ondelete="cascade", readonly=True
    )
    company_id = fields.Many2one(related="closing_id.company_id", store=True)
    month = fields.Date(related="closing_id.month", store=True)
    state = fields.Selection(related="closing_id.state")
    location_id = fields.Many2one(
        "stock.location", string="Place", required=True, readonly=True
    )
    department_id = fields.Many2one("med.department", readonly=True, index=True)
    product_id = fields.Many2one(
        "product.product", string="Item", required=True, readonly=True
    )
    product_categ_id = fields.Many2one(
        "product.category", string="Class", readonly=True
    )
    value_class = fields.Selection(
        [("low", "Low value"), ("high", "High value")], readonly=True
    )
    uom_id = fields.Many2one(related="product_id.uom_id")
    opening_quantity = fields.Float(digits="Product Unit", readonly=True)
    in_quantity = fields.Float(string="In", digits="Product Unit", readonly=True)
    out_quantity = fields.Float(string="Out", digits="Product Unit", readonly=True)
    closing_quantity = fields.Float(digits="Product Unit", readonly=True)
    difference_quantity = fields.Float(
        string="Stock Differs by",
        digits="Product Unit",
        readonly=True,
        help="What the shelf shows on the last day, less what the moves add up to.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    opening_value = fields.Monetary(readonly=True)
    in_value = fields.Monetary(readonly=True)
    out_value = fields.Monetary(readonly=True)
    revaluation = fields.Monetary(
        readonly=True,
        help="What a place holds is valued at the average cost of the whole hospital. "
        "Over all places this is nothing.",
    )
    closing_value = fields.Monetary(readonly=True)

    def write(self, vals):
        self._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_while_open(self):
        self._check_open()

    def _check_open(self):
        if self.closing_id.filtered(lambda closing: closing.state == "closed"):
            raise UserError(
                self.env._("The figures of a closed month are never changed.")
            )


class MedClosing(models.Model):
    _inherit = "med.closing"

    def _make_lines(self):
        """Make the lines anew from done moves; runs with full rights."""
        self.ensure_one()
        self.env.flush_all()
        start, end = self._bounds()
        places = self._places()
        rows = month_end(self._opening(places, start), self._flows(places, start, end))
        shelves = self._on_shelves(places, end)
        for key in shelves:
            rows.setdefault(key, None)
        self.line_ids.unlink()
        wanted = self.department_id.stock_location_id
        locations = self.env["stock.location"].browse({place for place, _item in rows})
        departments = locations._med_departments()
        self.env["med.closing.line"].create(
            [
                values
                for (place, product), row in rows.items()
                if (not wanted or place == wanted.id)
                and (values := self._line(place, product, row, shelves, departments))
            ]
        )
        self.invalidate_recordset()

    def _line(self, place, product, row, shelves, departments):
        item = self.env["product.product"].browse(product)
        to_unit = item.uom_id.round
        closing = to_unit(row.closing.quantity) if row else 0.0
        difference = to_unit(shelves[place, product] - closing)
        figures = (
            {
                "opening_quantity": to_unit(row.opening.quantity),
                "in_quantity": to_unit(row.in_quantity),
                "out_quantity": to_unit(row.out_quantity),
                "closing_quantity": closing,
                "opening_value": float(row.opening.value),
                "in_value": float(row.in_value),
                "out_value": float(row.out_value),
                "revaluation": float(row.revaluation),
                "closing_value": float(row.closing.value),
            }
            if row
            else {}
        )
        if not difference and not any(figures.values()):
            return None
        location = self.env["stock.location"].browse(place)
        return {
            "closing_id": self.id,
            "location_id": place,
            "department_id": departments[location].id,
            "product_id": product,
            "product_categ_id": item.categ_id.id,
            "value_class": item.med_value_class,
            "difference_quantity": difference,
            **figures,
        }

    def _places(self):
        """``{location id: id of the store or shelf that it belongs to}``."""
        Location = self.env["stock.location"].with_context(active_test=False)
        inside = Location.search_fetch(
            [
                ("company_id", "=", self.company_id.id),
                ("usage", "in", ("internal", "transit")),
            ],
            ["parent_path"],
        )
        departments = self.env["med.department"].with_context(active_test=False)
        shelves = departments.search(
            [("company_id", "=", self.company_id.id)]
        ).stock_location_id
        stores = (
            self.env["stock.warehouse"]
            .search([("company_id", "=", self.company_id.id)])
            .lot_stock_id
        )
        heads = set((shelves | stores).ids)
        return {
            location.id: next(
                (
                    place
                    for place in reversed(
                        [int(part) for part in location.parent_path.split("/") if part]
                    )
                    if place in heads
                ),
                location.id,
            )
            for location in inside
        }

    def _opening(self, places, start):
        """What lay in all places of the hospital when the month began.

        The average cost is that of the whole hospital, so a statement of one department
        opens with all places too. Without a closing of the whole that ends the day
        before, all moves before are added up.
        """
        before = self._whole_before()
        if before:
            return {
                (line.location_id.id, line.product_id.id): Holding(
                    line.closing_quantity, cents(line.closing_value)
                )
                for line in before.line_ids
            }
        return {
            key: row.closing
            for key, row in month_end({}, self._flows(places, None, start)).items()
        }

    def _flows(self, places, start, end):
        """What moved between places, and in and out of them, in one query."""
        rows = self.env.execute_query(
            SQL(
                """
                WITH place (location_id, place_id) AS (VALUES %(places)s),
                     part AS (
                     SELECT line.product_id, line.location_id, line.location_dest_id,
                            line.quantity_product_uom AS quantity,
                            COALESCE(move.value, 0) * line.quantity_product_uom
                              / NULLIF(SUM(line.quantity_product_uom)
                                       OVER (PARTITION BY move.id), 0) AS value
                       FROM stock_move_line line
                       JOIN stock_move move ON move.id = line.move_id
                       JOIN product_product item ON item.id = line.product_id
                       JOIN product_template model ON model.id = item.product_tmpl_id
                      WHERE line.state = 'done'
                        AND line.company_id = %(company)s
                        AND line.owner_id IS NULL
                        AND model.med_consumable
                        AND %(period)s)
                SELECT product_id, source.place_id, destination.place_id,
                       SUM(quantity), COALESCE(SUM(value), 0)
                  FROM part
             LEFT JOIN place source USING (location_id)
             LEFT JOIN place destination
                    ON destination.location_id = part.location_dest_id
                 WHERE source.place_id IS DISTINCT FROM destination.place_id
              GROUP BY product_id, source.place_id, destination.place_id
                """,
                places=SQL(", ").join(
                    SQL("(%s, %s)", *pair) for pair in places.items()
                ),
                company=self.company_id.id,
                period=SQL(" AND ").join(
                    [
                        SQL("move.date >= %s", start) if start else SQL("TRUE"),
                        SQL("move.date < %s", end) if end else SQL("TRUE"),
                    ]
                ),
            )
        )
        return [
            Flow(product, source, destination, float(quantity), float(value))
            for product, source, destination, quantity, value in rows
        ]

    def _on_shelves(self, places, end):
        """``{(place, product): quantity}`` at the end of the month, by the quants."""
        found = defaultdict(float)
        for product, location, quantity in self.env["stock.quant"]._read_group(
            [
                ("location_id", "in", list(places)),
                ("product_id.med_consumable", "=", True),
                ("owner_id", "=", False),
            ],
            ["product_id", "location_id"],
            ["quantity:sum"],
        ):
            found[places[location.id], product.id] += quantity
        for flow in self._flows(places, end, None):
            if flow.source is not None:
                found[flow.source, flow.item] += flow.quantity
            if flow.destination is not None:
                found[flow.destination, flow.item] -= flow.quantity
        return found

    def _sheet(self):
        """What is printed: each place, its classes below it, the whole last."""
        self.ensure_one()
        figures = [
            "opening_quantity",
            "in_quantity",
            "out_quantity",
            "closing_quantity",
            "opening_value",
            "in_value",
            "out_value",
            "revaluation",
            "closing_value",
        ]

        def total(lines, name, head):
            row = {figure: sum(lines.mapped(figure)) for figure in figures}
            return {"name": name, "head": head, **row}

        rows = []
        for place, lines in self.line_ids.grouped("location_id").items():
            department = lines.department_id[:1]
            rows.append(total(lines, department.name or place.display_name, True))
            rows.extend(
                total(part, category.display_name, False)
                for category, part in lines.grouped("product_categ_id").items()
            )
        return [*rows, total(self.line_ids, self.env._("Total"), True)]
