from odoo import api, fields, models


class MedConsumption(models.Model):
    """Who reported a line, in words: ``his:DEMO`` is the interface named DEMO."""

    _inherit = "med.consumption"

    source_name = fields.Char(
        compute="_compute_source_name", string="Reported By", help="Who reported it."
    )

    @api.depends("source")
    @api.depends_context("lang")
    def _compute_source_name(self):
        names = self._source_names()
        for line in self:
            kind, _colon, detail = (line.source or "").partition(":")
            known = names.get(kind)
            line.source_name = (
                " · ".join(filter(None, (known, detail))) if known else line.source
            )

    @api.model
    def _source_names(self):
        """``{first part of a source: what people call it}``; addons add their own."""
        return {
            "manual": self.env._("Entered by hand"),
            "scan": self.env._("Scanned at the point of use"),
            "pack": self.env._("Fixed pack"),
            "issue": self.env._("Issue to the department"),
            "remainder": self.env._("Charge posted without a scan"),
            "count": self.env._("Ward count"),
            "scrap": self.env._("Scrap"),
            "import": self.env._("Imported history"),
        }
