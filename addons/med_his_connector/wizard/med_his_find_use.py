import hmac

from odoo import api, fields, models
from odoo.addons.med_consumables.core.sealing import SealError
from odoo.addons.med_consumables.core.visit import unpack
from odoo.addons.med_consumables.models.keyring import load_keyring
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain

#: What a number may be: the kinds of tokens that lines of use bear.
KINDS = ("visit", "account", "patient")
AT_ONCE = 1000


class MedHisFindUse(models.TransientModel):
    """From a number to lots: what was used for this visit or medical record.

    The number becomes the token that lines of use bear; a record number is also looked
    for in the vault, where implants, class III and high-value use keep it sealed. It is
    never stored. Who asked, when, why, and which lines were found, stays on record as
    any look-up does (``med.vault.access``).
    """

    _name = "med.his.find.use"
    _description = "Find Use of a Visit"

    number = fields.Char(
        string="Visit or Record Number",
        compute="_compute_number",
        inverse="_inverse_number",
        help="As the hospital's system writes it. It is not stored.",
    )
    reason = fields.Char(required=True)
    access_id = fields.Many2one("med.vault.access", readonly=True)

    def _compute_number(self):
        self.number = False  # what was asked for is known to whoever asked

    def _inverse_number(self):
        for question in self:
            if number := (question.number or "").strip():
                question._check_officer()
                question.access_id = question._look_up(number)

    def action_find(self):
        self.ensure_one()
        self._check_officer()
        if not self.access_id:
            raise UserError(
                self.env._("Enter the number of the visit or of the medical record.")
            )
        return self.access_id.action_show()

    def _look_up(self, number):
        # An officer need not be able to read the ledger: what was found is shown by the
        # look-up alone, to its officer, for a short time.
        lines = self.sudo()._lines_of(number)
        access = self.env["med.vault.access"].sudo()
        return access.create(
            {"reason": self.reason, "consumption_ids": [Command.set(lines.ids)]}
        )

    def _lines_of(self, number):
        ring, companies = load_keyring(self.env), self.env.companies
        tokens = [
            ring.token(kind, number, str(company.id))
            for kind in KINDS
            for company in companies
        ]
        own = Domain("company_id", "in", companies.ids)
        Line = self.env["med.consumption"]
        lines = Line.search(own & Domain("encounter_token", "in", tokens))
        return lines | self._lines_in_vault(ring, own, number)

    @api.model
    def _lines_in_vault(self, ring, own, number):
        found, last = self.env["med.consumption"], 0
        Vault = self.env["med.vault"]
        while entries := Vault.search(
            own & Domain("id", ">", last), order="id", limit=AT_ONCE
        ):
            for entry in entries:
                if _is_of(entry, ring, number):
                    found |= entry.consumption_id
            last = entries[-1].id
            entries.invalidate_recordset()
        return found

    def _check_officer(self):
        if not self.env.user.has_group("med_consumables.group_privacy_officer"):
            raise AccessError(
                self.env._("Only a privacy officer looks up whose visits these were.")
            )


def _is_of(entry, ring, number):
    try:
        record = unpack(entry._unseal(ring)).record
    except SealError:  # of a key that is gone: nobody can tell
        return False
    return hmac.compare_digest(record.encode(), number.encode())
