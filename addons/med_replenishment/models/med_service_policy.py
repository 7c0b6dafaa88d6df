from dataclasses import dataclass

from odoo import api, fields, models

from .reach_of import names, places_of, with_all_below


@dataclass(frozen=True, slots=True)
class Scope:
    """What a policy names, by ids; what is empty names all."""

    company: int
    product: int
    classes: tuple
    categories: frozenset | None
    departments: frozenset | None

    def fits_item(self, place, *classes):
        """Whether the item of ``place``, of these classes, is named; in any place."""
        return (
            self.company in (False, place.company)
            and self.product in (False, place.product)
            and all(
                mine in (False, its)
                for mine, its in zip(self.classes, classes, strict=True)
            )
            and names(self.categories, place.category)
        )


class MedServicePolicy(models.Model):
    """Which service a class of items gets, and how far the night may go by itself.

    The closest policy counts: that which names the item, then the department or the
    nearest one above it, then the category, then the one that names more classes. Where
    none fits, the service level of the VED class in the settings counts.
    """

    _name = "med.service.policy"
    _description = "Service Policy"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        help="Empty: in every company; an administrator decides on those.",
    )
    ved = fields.Selection(
        [("V", "Vital"), ("E", "Essential"), ("D", "Desirable")],
        string="VED",
        help="How much care depends on the item. Empty: any.",
    )
    abc = fields.Selection(
        [("A", "A"), ("B", "B"), ("C", "C")],
        string="ABC",
        help="By yearly value of use. Empty: any.",
    )
    xyz = fields.Selection(
        [("X", "X: steady"), ("Y", "Y: varying"), ("Z", "Z: irregular")],
        string="XYZ",
        help="By how much the months differ. Empty: any.",
    )
    department_id = fields.Many2one(
        "med.department",
        ondelete="cascade",
        check_company=True,
        help="With its sub-departments. Empty: all departments and the store.",
    )
    categ_id = fields.Many2one(
        "product.category",
        string="Category",
        ondelete="cascade",
        help="With its sub-categories. Empty: all categories.",
    )
    product_id = fields.Many2one(
        "product.product",
        string="Item",
        ondelete="cascade",
        domain="[('med_consumable', '=', True)]",
    )
    service_level = fields.Float(
        required=True,
        default=0.97,
        digits=(16, 4),
        help="The share of demand that should be served from the shelf.",
    )
    review_days = fields.Float(
        string="Days between Orders", help="Zero: those of the settings."
    )
    auto_publish = fields.Selection(
        [
            ("company", "As in the settings"),
            ("always", "Within the limits of the settings"),
            ("never", "Never: a person decides"),
        ],
        string="Publish by Itself",
        required=True,
        default="company",
    )
    note = fields.Char(help="Why, for those who look at it in a year.")

    _service_range = models.Constraint(
        "CHECK(service_level >= 0.5 AND service_level < 1)",
        "A service level is at least 50 % and less than 100 %.",
    )
    _review_range = models.Constraint(
        "CHECK(review_days >= 0 AND review_days <= 180)",
        "Days between orders are from zero (as in the settings) to 180.",
    )

    def write(self, vals):
        result = super().write(vals)
        if "company_id" in vals:
            self.check_access("write")  # of what it is now: nobody lifts it to all
        return result

    @api.model
    def _policies_of(self, orderpoints, departments):
        """``{orderpoint: policy}``, empty where none fits; one query for the policies.

        ``departments`` is ``{location id: department}`` of their places.
        """
        policies = self.search(
            [("company_id", "in", [False, *orderpoints.company_id.ids])]
        )
        # The closest first; the order of the list decides between equals.
        ranked = [
            (policy, policy._scope())
            for policy in policies.sorted(lambda p: p._closeness(), reverse=True)
        ]
        found, by_item, by_place = {}, {}, {}
        for rule, place in places_of(orderpoints, departments).items():
            item = place.company, place.product
            if item not in by_item:
                classes = self._classes(rule)
                by_item[item] = [
                    one for one in ranked if one[1].fits_item(place, *classes)
                ]
            key = *item, place.department
            if key not in by_place:
                by_place[key] = next(
                    (
                        policy
                        for policy, scope in by_item[item]
                        if names(scope.departments, place.department)
                    ),
                    self.browse(),
                )
            found[rule] = by_place[key]
        return found

    @api.model
    def _classes(self, orderpoint):
        """VED, ABC and XYZ of the item of a reorder rule."""
        product = orderpoint.product_id.with_company(orderpoint.company_id)
        return product.med_ved, product.med_abc, product.med_xyz

    def _scope(self):
        self.ensure_one()
        return Scope(
            self.company_id.id,
            self.product_id.id,
            (self.ved, self.abc, self.xyz),
            with_all_below(self.categ_id),
            with_all_below(self.department_id),
        )

    def _closeness(self):
        return (
            bool(self.product_id),
            len(self.department_id.parent_path or ""),
            len(self.categ_id.parent_path or ""),
            sum(map(bool, (self.ved, self.abc, self.xyz))),
        )
