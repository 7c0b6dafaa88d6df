from odoo import api, models

from ..core.wristband import prefixes_of, visit_of


class MedScan(models.AbstractModel):
    """A wristband names a visit. Who it is, no scan says: see ``med.point.of.use``."""

    _inherit = "med.scan"

    @api.model
    def _recognise(self, code, department=None):
        found = super()._recognise(code, department)
        if found:
            return found
        company = department.company_id if department else self.env.company
        # Nurses may not read settings; how a wristband begins is no secret.
        if visit_of(code, prefixes_of(company.sudo().med_wristband_prefixes)):
            return {"kind": "visit", "label": self.env._("A patient's wristband")}
        return None
