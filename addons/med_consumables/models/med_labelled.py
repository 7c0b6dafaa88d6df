from odoo import models

from ..core.barcode_image import barcode_uri


class MedLabelled(models.AbstractModel):
    """A record whose number is printed as a barcode."""

    _name = "med.labelled"
    _description = "Labelled Record"

    def _barcode_image(self, symbology, width, height):
        """The number as an address for an image on the printed page."""
        self.ensure_one()
        return barcode_uri(symbology, self.name, width, height)
