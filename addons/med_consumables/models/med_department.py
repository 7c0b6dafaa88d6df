from odoo import api, fields, models
from odoo.exceptions import ValidationError


class MedDepartment(models.Model):
    """A ward, theatre, laboratory, clinic or store: who uses, where, at whose cost.

    A department owns two locations: its shelf (``stock_location_id``, real stock) and
    the virtual place where used items go (``consumption_location_id``). Both are made
    with the department.
    """

    _name = "med.department"
    _description = "Department"
    _inherit = ["mail.thread"]
    _parent_store = True
    _check_company_auto = True
    _order = "company_id, code"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True, translate=True, tracking=True)
    code = fields.Char(required=True, tracking=True)
    kind = fields.Selection(
        [
            ("ward", "Ward"),
            ("theatre", "Theatre"),
            ("lab", "Laboratory"),
            ("clinic", "Clinic"),
            ("store", "Store"),
        ],
        required=True,
        default="ward",
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    parent_id = fields.Many2one(
        "med.department", index=True, ondelete="restrict", check_company=True
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("med.department", "parent_id", string="Sub-departments")
    manager_id = fields.Many2one("res.users", tracking=True)
    user_ids = fields.Many2many(
        "res.users",
        "med_department_users_rel",
        "department_id",
        "user_id",
        string="Staff",
        help="Who works here: they see this department's stock, use and alerts.",
    )
    analytic_account_id = fields.Many2one(
        "account.analytic.account",
        string="Cost Centre",
        check_company=True,
        tracking=True,
        help="Bears the cost of what this department uses.",
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        required=True,
        check_company=True,
        default=lambda self: self._default_warehouse_id(),
    )
    stock_location_id = fields.Many2one(
        "stock.location",
        string="Shelf",
        check_company=True,
        domain="[('usage', '=', 'internal')]",
        help="Where the department's stock lies. Left empty, it is made.",
    )
    consumption_location_id = fields.Many2one(
        "stock.location",
        string="Place of Use",
        check_company=True,
        domain="[('usage', '=', 'production')]",
        help="Virtual place where used items go. Left empty, it is made.",
    )
    stock_keeping = fields.Selection(
        [
            ("perpetual", "Perpetual: every use is reported"),
            ("counted", "Counted: use is what a count finds missing"),
            ("expensed", "Expensed: used when the store issues it"),
        ],
        required=True,
        default="perpetual",
        tracking=True,
    )
    consumption_count = fields.Integer(compute="_compute_consumption_count")

    _code_uniq = models.Constraint(
        "unique(code, company_id)", "Another department has this code."
    )
    _shelf_uniq = models.UniqueIndex(
        "(stock_location_id) WHERE stock_location_id IS NOT NULL AND active",
        "This shelf belongs to another department.",
    )
    _place_of_use_uniq = models.UniqueIndex(
        "(consumption_location_id) WHERE consumption_location_id IS NOT NULL",
        "This place of use belongs to another department.",
    )

    @api.model
    def _default_warehouse_id(self):
        return self.env["stock.warehouse"].search(
            [("company_id", "=", self.env.company.id)], limit=1
        )

    @api.depends("name", "code")
    def _compute_display_name(self):
        for department in self:
            department.display_name = (
                f"[{department.code}] {department.name}"
                if department.code
                else department.name
            )

    def _compute_consumption_count(self):
        counts = dict(
            self.env["med.consumption"]._read_group(
                [("department_id", "in", self.ids)], ["department_id"], ["__count"]
            )
        )
        for department in self:
            department.consumption_count = counts.get(department, 0)

    @api.constrains("parent_id")
    def _check_parent_id(self):
        if self._has_cycle():
            raise ValidationError(
                self.env._(
                    "A department cannot be above itself; choose another parent."
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        departments = super().create(vals_list)
        departments._make_locations()
        return departments

    def write(self, vals):
        result = super().write(vals)
        if "user_ids" in vals or "parent_id" in vals:
            # Record rules read a person's departments and are cached per person.
            self.env.registry.clear_cache()
        if "name" in vals:
            self._rename_places_of_use()
        return result

    def action_view_consumption(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_consumption_action"
        )
        action["domain"] = [("department_id", "=", self.id)]
        action["context"] = {}
        return action

    def action_view_stock(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "stock.stock_quant_action"
        )
        action["domain"] = [("location_id", "child_of", self.stock_location_id.ids)]
        action["context"] = {"search_default_internal_loc": 1}
        return action

    def _make_locations(self):
        """Make the shelf and the place of use of departments that lack them."""
        # Whoever may create departments need not be a stock manager.
        self = self.sudo()  # noqa: PLW0642
        self.warehouse_id._med_prepare()
        for department in self:
            warehouse = department.warehouse_id
            if not department.stock_location_id:
                department.stock_location_id = (
                    warehouse.lot_stock_id
                    if department.kind == "store"
                    else self.env["stock.location"].create(
                        {
                            "name": department.name,
                            "usage": "internal",
                            "location_id": warehouse.med_departments_location_id.id,
                            "company_id": department.company_id.id,
                        }
                    )
                )
            if not department.consumption_location_id:
                department.consumption_location_id = self.env["stock.location"].create(
                    {
                        "name": department.name,
                        "usage": "production",
                        "location_id": warehouse.med_use_location_id.id,
                        "company_id": department.company_id.id,
                        "valuation_account_id": (
                            department.company_id.med_consumption_account_id.id
                        ),
                    }
                )

    def _rename_places_of_use(self):
        for department in self.sudo():  # see _make_locations
            locations = department.consumption_location_id
            if department.kind != "store":
                locations |= department.stock_location_id
            locations.write({"name": department.name})

    def _filtered_own(self):
        """Those of these departments that the user works for, or that lie below."""
        own = set(self.env.user.med_department_ids.ids)
        return self.filtered(
            lambda department: (
                own
                & {
                    int(part)
                    for part in (department.parent_path or "").split("/")
                    if part
                }
            )
        )

    @api.model
    def _department_of_locations(self, locations):
        """``{location id: department}``; see ``stock.location._med_departments``."""
        return {
            location.id: department
            for location, department in locations._med_departments().items()
        }
