from odoo import api, fields, models
from odoo.exceptions import ValidationError


class MedAlertOwner(models.AbstractModel):
    """Who acts: a role of the hospital, or a person."""

    _name = "med.alert.owner"
    _description = "Who Acts on an Alert"

    responsible = fields.Selection(
        [
            ("manager", "Manager of the department"),
            ("above", "Manager of the department above"),
            ("storekeeper", "Manager of the store that supplies it"),
            ("item_owner", "Data owner of the item"),
            ("record", "Whoever is named on the record"),
            ("user", "The person named here"),
        ],
        string="Who Acts",
        required=True,
        default="manager",
        help="Where there is no such person, the one named here acts, else the "
        "manager of the store.",
    )
    user_id = fields.Many2one(
        "res.users", string="Person", domain="[('share', '=', False)]"
    )

    @api.constrains("responsible", "user_id")
    def _check_user_id(self):
        for owner in self:
            if owner.responsible == "user" and not owner.user_id:
                raise ValidationError(
                    self.env._(
                        "Name the person who acts on the level of %(rule)s.",
                        rule=owner._rule().display_name,
                    )
                )

    def _rule(self):
        """The rule that this is part of."""
        return self.rule_id

    def _responsible_user(self, department, store, product=None, named=None):
        """Who acts for ``department``, supplied by ``store``.

        ``product`` is the item it is about, ``named`` whoever the record names.
        """
        self.ensure_one()
        nobody = self.env["res.users"]
        above = department.parent_id
        find = {
            "manager": lambda: department.manager_id or above.manager_id,
            "above": lambda: above.manager_id,
            "storekeeper": lambda: store.manager_id,
            "item_owner": lambda: product.med_data_owner_id if product else nobody,
            "record": lambda: named or nobody,
            "user": lambda: self.user_id,
        }
        people = (find[self.responsible](), self.user_id, store.manager_id)
        return next((person for person in people if person.active), nobody)
