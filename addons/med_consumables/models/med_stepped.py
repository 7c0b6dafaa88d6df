from odoo import api, models
from odoo.exceptions import AccessError

from .context_defaults import without_defaults
from .field_labels import labels_of


class MedStepped(models.AbstractModel):
    """A record that moves on by its buttons.

    A button checks who presses it and whether the step may be taken, then writes as
    superuser. Everybody else is refused the fields that steps set, when a record is
    made as later on, whichever way the values come: screen, import or program.
    """

    _name = "med.stepped"
    _description = "Record That Moves on by Its Buttons"

    #: The fields that steps set.
    _med_set_by_steps = frozenset({"state"})

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_set_by_steps(vals)
        # A default of the context is no way round, and steps say what they set.
        maker = without_defaults(self, self._med_set_by_steps)
        return super(MedStepped, maker).create(vals_list).with_env(self.env)

    def write(self, vals):
        self._check_set_by_steps(vals)
        return super().write(vals)

    @api.model
    def _check_set_by_steps(self, vals):
        forged = sorted(self._med_set_by_steps & vals.keys())
        if forged and not self.env.su:
            raise AccessError(
                self.env._(
                    "%(fields)s of “%(model)s” cannot be entered: they follow from its "
                    "steps. Use the buttons.",
                    fields=labels_of(self, forged),
                    model=self.env["ir.model"]._get(self._name).name,
                )
            )
