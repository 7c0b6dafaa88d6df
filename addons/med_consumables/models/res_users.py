from odoo import api, fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    med_department_ids = fields.Many2many(
        "med.department",
        "med_department_users_rel",
        "user_id",
        "department_id",
        string="Departments",
        help="Departments this person works for: "
        "their stock, use and alerts are theirs.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        users = super().create(vals_list)
        if any("med_department_ids" in vals for vals in vals_list):
            self.env.registry.clear_cache()
        return users

    def write(self, vals):
        result = super().write(vals)
        if "med_department_ids" in vals:
            # Record rules are cached per person.
            self.env.registry.clear_cache()
        return result
