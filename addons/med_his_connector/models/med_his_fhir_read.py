from odoo import api, models

from ..core.errors import PlaceError
from ..core.json_text import read_json
from .med_his_message_purge import DEVICE


class MedHisFhirRead(models.AbstractModel):
    """What was received is read back: the allowed part of it, while it is kept."""

    _inherit = "med.his.fhir"

    @api.model
    def _resource(self, channel, kind, logical_id):
        """The allowed part of a resource as it was received; None where it is not here
        (any more)."""
        found = self.env["med.his.resource"].search(
            [
                ("channel_id", "=", channel.id),
                ("kind", "=", kind),
                ("logical_id", "=", logical_id),
            ],
            limit=1,
        )
        if not found:
            return None
        content = found.message_id._content()
        if content is None:
            raise PlaceError("gone", kind, "the content is no longer kept")
        return as_seen(_part(read_json(content), found.entry), logical_id)

    @api.model
    def _devices(self, channel, ids):
        """``{id: Device}`` of those that were created here; None: its content is gone
        with a message that it was a part of."""
        found = self.env["med.his.resource"].search(
            [
                ("channel_id", "=", channel.id),
                ("kind", "=", DEVICE),
                ("logical_id", "in", list(ids)),
            ]
        )
        devices = {}
        for message, those in found.grouped("message_id").items():
            # Once for all devices of a message.
            content = message._content()
            read = content and read_json(content)
            for each in those:
                devices[each.logical_id] = None
                if read:
                    device = as_seen(_part(read, each.entry), each.logical_id)
                    devices[each.logical_id] = device
                    del device["meta"]
        return devices


def as_seen(resource, logical_id):
    """A resource as it is given back: only what was kept of it, and marked as such."""
    tag = {
        "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
        "code": "SUBSETTED",
    }
    meta = {**resource.get("meta", {}), "tag": [tag]}
    return {**resource, "id": logical_id, "meta": meta}


def _part(content, number):
    """One resource of a message: the message itself, or an entry of its Bundle."""
    if content["resourceType"] == "Bundle":
        return content["entry"][number]["resource"]
    return content
