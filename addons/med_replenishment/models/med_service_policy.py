from odoo import api, fields, models


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
        help="Empty: in every company.",
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
        "CHECK(review_days >= 0)", "Days between orders are zero or more."
    )

    @api.model
    def _policies_of(self, orderpoints, departments):
        """``{orderpoint: policy}``, empty where none fits; one query for the policies.

        ``departments`` is ``{location id: department}`` of their places.
        """
        policies = self.search(
            [("company_id", "in", [False, *orderpoints.company_id.ids])]
        )
        found, known = {}, {}
        for orderpoint in orderpoints:
            product = orderpoint.product_id
            department = departments[orderpoint.location_id.id]
            key = product.id, department.id, orderpoint.company_id.id
            if key not in known:
                fitting = policies.filtered(
                    lambda policy, o=orderpoint, d=department: policy._fits(o, d)
                )
                # The order of the list decides between equals.
                known[key] = max(
                    reversed(fitting),
                    key=lambda policy: policy._closeness(),
                    default=self,
                )
            found[orderpoint] = known[key]
        return found

    def _fits(self, orderpoint, department):
        self.ensure_one()
        product = orderpoint.product_id
        return (
            self.company_id in (orderpoint.company_id, self.env["res.company"])
            and self.product_id in (product, self.env["product.product"])
            and self.ved in (False, product.med_ved)
            and self.abc in (False, product.med_abc)
            and self.xyz in (False, product.med_xyz)
            and self._is_above(self.department_id, department)
            and self._is_above(self.categ_id, product.categ_id)
        )

    @api.model
    def _is_above(self, scope, record):
        return not scope or (record.parent_path or "").startswith(scope.parent_path)

    def _closeness(self):
        return (
            bool(self.product_id),
            len(self.department_id.parent_path or ""),
            len(self.categ_id.parent_path or ""),
            sum(map(bool, (self.ved, self.abc, self.xyz))),
        )
