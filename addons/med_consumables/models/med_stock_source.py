from odoo import api, fields, models

from .rows import cached_ids

SOURCES = [
    ("scan", "The ward's scan moves stock"),
    ("charge", "The charge from HIS moves stock"),
    ("first", "Whichever comes first moves stock"),
]


class MedStockSource(models.Model):
    """Which report of a use moves stock, for a department and a class of items.

    The closest rule counts: that of the department or the nearest one above it, then
    the one that names the category, then the one that names the value class. Without a
    rule the company's default counts.
    """

    _name = "med.stock.source"
    _description = "Source of Stock Moves"
    _order = "company_id, department_id, categ_id, value_class, id"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    department_id = fields.Many2one(
        "med.department",
        ondelete="cascade",
        check_company=True,
        help="With its sub-departments. Empty: all departments.",
    )
    categ_id = fields.Many2one(
        "product.category",
        string="Category",
        ondelete="cascade",
        help="With its sub-categories. Empty: all categories.",
    )
    value_class = fields.Selection(
        [("low", "Low value"), ("high", "High value")],
        help="Empty: low and high value.",
    )
    source = fields.Selection(
        SOURCES,
        string="What Moves Stock",
        required=True,
        default="scan",
        help="The other report of the same use is matched to it and never moves stock. "
        "What stays unmatched is shown as leakage.",
    )

    _scope_uniq = models.UniqueIndex(
        "(company_id, COALESCE(department_id, 0), COALESCE(categ_id, 0), "
        "COALESCE(value_class, ''))",
        "There is a rule for this department and class already.",
    )

    @api.depends("department_id", "categ_id", "value_class")
    def _compute_display_name(self):
        for rule in self:
            scope = (
                rule.department_id.display_name,
                rule.categ_id.display_name,
                dict(self._fields["value_class"]._description_selection(self.env)).get(
                    rule.value_class
                ),
            )
            rule.display_name = " · ".join(part for part in scope if part) or (
                self.env._("All departments and items")
            )

    @api.model
    def _sources_of(self, lines):
        """``{ledger line: source}``; one query for the rules."""
        rules = self.sudo().search(  # the policy holds for whoever reports
            [("company_id", "in", lines.company_id.ids)]
        )
        by_scope = {}
        found = {}
        # The class follows from the product.
        scopes = zip(
            cached_ids(lines, "department_id"),
            cached_ids(lines, "product_id"),
            strict=True,
        )
        for line, scope in zip(lines, scopes, strict=True):
            if scope not in by_scope:
                fitting = rules.filtered(lambda rule, line=line: rule._fits(line))
                closest = max(fitting, key=lambda rule: rule._closeness(), default=None)
                by_scope[scope] = (
                    closest.source if closest else line.company_id.med_stock_source
                )
            found[line] = by_scope[scope]
        return found

    def _fits(self, line):
        self.ensure_one()
        product = line.product_id
        return (
            self.company_id == line.company_id
            and self._is_above(self.department_id, line.department_id)
            and self._is_above(self.categ_id, product.categ_id)
            and self.value_class in (False, product.med_value_class)
        )

    @api.model
    def _is_above(self, scope, record):
        return not scope or (record.parent_path or "").startswith(scope.parent_path)

    def _closeness(self):
        return (
            len(self.department_id.parent_path or ""),
            len(self.categ_id.parent_path or ""),
            bool(self.value_class),
        )
