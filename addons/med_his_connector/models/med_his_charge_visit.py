import base64
from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.med_consumables.core.sealing import SealError
from odoo.addons.med_consumables.core.visit import Visit, pack, unpack
from odoo.addons.med_consumables.models.keyring import load_keyring

KEPT_DAYS = 30


class MedHisChargeVisit(models.Model):
    """Which visit a token stands for, sealed, for as long as a charge may need it.

    A charge that is sent to the hospital's system must name the visit, and the ledger
    knows only its token. Nobody can read these rows, not even with their key at hand
    through any screen; they are removed after thirty days.
    """

    _name = "med.his.charge.visit"
    _description = "Visit of an Outbound Charge"
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    token = fields.Char(required=True)
    sealed = fields.Binary(attachment=False, required=True)
    kept_until = fields.Date(required=True, index=True)

    _token_uniq = models.UniqueIndex(
        "(company_id, token)", "This visit is kept already."
    )

    @api.model
    def _remember(self, company, token, visit):
        """Keep a visit for the charges of its scans."""
        ring = load_keyring(self.env)
        sealed = base64.b64encode(ring.seal(pack(visit), _bound_to(token)))
        until = fields.Date.today() + timedelta(days=KEPT_DAYS)
        self.env.cr.execute(
            "INSERT INTO med_his_charge_visit (company_id, token, sealed, kept_until)"
            " VALUES (%s, %s, %s, %s) ON CONFLICT (company_id, token)"
            " DO UPDATE SET kept_until = EXCLUDED.kept_until"
            " WHERE med_his_charge_visit.kept_until < EXCLUDED.kept_until",
            [company.id, token, sealed, until],
        )
        self.invalidate_model()

    @api.model
    def _visit(self, company, token):
        """The visit of a token; an empty one where it is not (or no more) known."""
        found = self.search(
            [("company_id", "=", company.id), ("token", "=", token)], limit=1
        )
        if not found:
            return Visit()
        sealed = base64.b64decode(found.with_context(bin_size=False).sealed)
        try:
            return unpack(load_keyring(self.env).unseal(sealed, _bound_to(token)))
        except SealError:
            return Visit()

    @api.autovacuum
    def _gc_visits(self):
        old = self.search([("kept_until", "<", fields.Date.today())], limit=10_000)
        old.unlink()
        return len(old), len(old) == 10_000


def _bound_to(token):
    return f"med.his.charge.visit/{token}"
