import base64
import csv
import io
import json
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError

from ..core.audit_text import as_fhir, as_syslog
from ..core.csv_safe import guarded

COLUMNS = ("at", "event", "actor", "node", "channel", "peer", "peer_name", "subject")
COLUMNS += ("detail", "count", "failed")
MAY_EXPORT = (
    "med_consumables.group_auditor",
    "med_consumables.group_privacy_officer",
    "med_consumables.group_administrator",
)


class MedHisEventExport(models.TransientModel):
    """Which part of the audit trail, and in which form; the export is on the trail."""

    _name = "med.his.event.export"
    _description = "Export of Interface Events"

    date_from = fields.Date(
        required=True, default=lambda self: fields.Date.today() - timedelta(days=30)
    )
    date_to = fields.Date(required=True, default=fields.Date.today)
    form = fields.Selection(
        [
            ("syslog", "Syslog lines (RFC 5424)"),
            ("fhir", "FHIR AuditEvent (one a line)"),
            ("csv", "Table (CSV)"),
        ],
        required=True,
        default="syslog",
    )
    content = fields.Binary(readonly=True, attachment=False)
    file_name = fields.Char(readonly=True)

    def action_export(self):
        self.ensure_one()
        if not any(self.env.user.has_group(group) for group in MAY_EXPORT):
            raise AccessError(
                self.env._("Only auditors and privacy officers export the trail.")
            )
        entries = self.env["med.his.event"].search(
            [
                ("at", ">=", self.date_from),
                ("at", "<", self.date_to + timedelta(days=1)),
            ]
        )
        events = entries._audit_events()
        text, ending = getattr(self, f"_as_{self.form}")(events)
        self.content = base64.b64encode(text.encode())
        self.file_name = f"interface-events-{self.date_from}-{self.date_to}.{ending}"
        detail = f"{len(events)} {self.form} {self.date_from} {self.date_to}"
        self.env["med.his.event"]._log("export", detail=detail)
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/content/{self.file_name}"
            "?download=true",
            "target": "download",
        }

    def _as_syslog(self, events):
        return "".join(f"{as_syslog(event)}\n" for event in events), "log"

    def _as_fhir(self, events):
        lines = (json.dumps(as_fhir(event), ensure_ascii=False) for event in events)
        return "".join(f"{line}\n" for line in lines), "ndjson"

    def _as_csv(self, events):
        output = io.StringIO()
        writer = csv.writer(output)
        writer.writerow(COLUMNS)
        for event in events:
            writer.writerow(guarded(str(getattr(event, name))) for name in COLUMNS)
        return output.getvalue(), "csv"
