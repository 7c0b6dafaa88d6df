from markupsafe import Markup

from odoo import api, fields, models

from ..core.masking import COVER
from ..core.segments import seen_segments

#: How a role looks: the colour of its segment's edge and name.
COLOURS = {
    "header": "secondary",
    "patient": "danger",
    "use": "success",
    "order": "primary",
    "schedule": "info",
    "master": "info",
    "other": "warning",
}


class MedHisReading(models.Model):
    """The content as its reader sees it: every segment named, coloured by what it is
    about, every field with its number. It shows what ``content`` shows and no more."""

    _inherit = "med.his.reading"

    content_html = fields.Html(compute="_compute_content_html", sanitize=False)

    @api.depends("content")
    @api.depends_context("lang", "uid")
    def _compute_content_html(self):
        for reading in self:
            reading.content_html = reading._rendered(reading.content or "")

    def _rendered(self, text):
        segments = seen_segments(text)
        if segments:
            return Markup().join(map(self._rendered_segment, segments))
        rows = Markup().join(
            Markup("<div>%s</div>") % line for line in text.split("\n") if line
        )
        return rows and Markup('<div class="font-monospace small">%s</div>') % rows

    def _rendered_segment(self, segment):
        titles = self._segment_titles()
        found = Markup().join(
            Markup(
                '<span class="d-inline-block me-3 mb-1">'
                '<span class="text-muted small me-1">%s-%s</span>'
                '<span class="font-monospace %s">%s</span></span>'
            )
            % (
                segment.name,
                number,
                "text-muted" if value == COVER else "fw-bold",
                value,
            )
            for number, value in segment.fields
        )
        colour = COLOURS[segment.role]
        return Markup(
            '<div class="border-start border-4 border-%s ps-2 py-1 mb-2">'
            '<div><span class="badge text-bg-%s me-2">%s</span>%s</div>%s</div>'
        ) % (
            colour,
            colour,
            segment.name,
            titles.get(segment.name, self.env._("a segment of their own")),
            found,
        )

    @api.model
    def _segment_titles(self):
        return {
            "MSH": self.env._("Header: who writes to whom, when, what"),
            "EVN": self.env._("Event"),
            "PID": self.env._("Patient: covered"),
            "PD1": self.env._("Patient, more: covered"),
            "NK1": self.env._("Next of kin: covered"),
            "MRG": self.env._("Numbers that are merged: covered"),
            "PV1": self.env._("Visit: unit only"),
            "PV2": self.env._("Visit, more: covered"),
            "IN1": self.env._("Insurance: covered"),
            "GT1": self.env._("Guarantor: covered"),
            "DG1": self.env._("Diagnosis: covered"),
            "AL1": self.env._("Allergy: covered"),
            "NTE": self.env._("Note: covered"),
            "OBX": self.env._("Observation: covered"),
            "FT1": self.env._("Charge or credit"),
            "PR1": self.env._("Procedure"),
            "ORC": self.env._("Order"),
            "OBR": self.env._("Test asked for"),
            "RXO": self.env._("What was ordered"),
            "RXA": self.env._("What was given"),
            "RXR": self.env._("Route"),
            "RQD": self.env._("What is requested"),
            "ZPM": self.env._("Cabinet's transaction"),
            "ZPA": self.env._("Lot and serial, by site"),
            "PRT": self.env._("Device that took part"),
            "DEV": self.env._("Device"),
            "TQ1": self.env._("Timing"),
            "SCH": self.env._("Appointment"),
            "RGS": self.env._("Group of resources"),
            "AIS": self.env._("Service of the appointment"),
            "AIG": self.env._("Item of the appointment"),
            "AIL": self.env._("Room of the appointment"),
            "AIP": self.env._("Person of the appointment: covered"),
            "MFI": self.env._("Master file"),
            "MFE": self.env._("Entry of a master file"),
            "ITM": self.env._("Item"),
            "IVT": self.env._("Where it is kept"),
            "ILT": self.env._("Lot on hand"),
            "PKG": self.env._("Packaging"),
            "IIM": self.env._("Lot of an item"),
            "CDM": self.env._("Charge description"),
            "FHS": self.env._("File begins"),
            "FTS": self.env._("File ends"),
            "BHS": self.env._("Batch begins"),
            "BTS": self.env._("Batch ends"),
        }
