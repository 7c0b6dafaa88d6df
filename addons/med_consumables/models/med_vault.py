import base64
import binascii

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..core.sealing import SealError
from ..core.visit import pack, unpack
from .keyring import load_keyring

ROTATED_AT_ONCE = 500


class MedVault(models.Model):
    """Whose visit an implant, class III or high-value use was, sealed.

    One entry a line of the ledger. What is sealed opens only with the key file, which
    is not in the database, and only through med.vault.access, which keeps who looked
    and why. Entries do not depend on the message that reported them: a recall reaches
    the patient after messages were purged. Entries of implants stay for good.
    """

    _name = "med.vault"
    _description = "Vault Entry"
    _order = "id desc"
    _rec_name = "consumption_id"

    consumption_id = fields.Many2one(
        "med.consumption",
        string="Line of Use",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    department_id = fields.Many2one(
        related="consumption_id.department_id", store=True, index=True
    )
    product_id = fields.Many2one(related="consumption_id.product_id", string="Item")
    lot_id = fields.Many2one(related="consumption_id.lot_id")
    event_time = fields.Datetime(related="consumption_id.event_time")
    reason = fields.Selection(
        [
            ("implant", "Implant"),
            ("class_3", "Class III"),
            ("high", "High value"),
        ],
        string="Kept Because",
        required=True,
        readonly=True,
    )
    # See core/sealing.py; bound to the line of the ledger.
    sealed = fields.Binary(
        attachment=False, required=True, readonly=True, groups="base.group_system"
    )
    key_name = fields.Char(
        string="Sealed With",
        required=True,
        readonly=True,
        index=True,
        help="The name of the key that opens it.",
    )

    _line_uniq = models.Constraint(
        "unique(consumption_id)", "The visit of this line is kept already."
    )

    def write(self, vals):
        raise AccessError(self.env._("An entry of the vault is never changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_past_its_time(self):
        if not self._may_be_purged():
            raise AccessError(
                self.env._(
                    "Entries of the vault are kept: a recall must reach patients."
                )
            )

    def action_look_up_visits(self):
        """Ask the officer for the reason, then name whose visits these were."""
        return self.env["med.vault.access"]._ask_about(self.consumption_id)

    @api.model
    def _keep(self, visits):
        """Seal whose visit each use was: ``{ledger line: core.visit.Visit}``.

        Lines that need no entry are left out; what is kept already stays as it is.
        Returns the new entries. A UserError says so where there is no key.
        """
        # On behalf of whoever reports the use: nobody may write entries by hand.
        self = self.sudo()  # noqa: PLW0642
        lines = self.env["med.consumption"].browse(
            line.id for line, visit in visits.items() if visit
        )
        reasons = {line: self._reason(line.product_id) for line in lines}
        wanted = lines.filtered(reasons.get)
        if not wanted:
            return self.browse()
        wanted -= self.search([("consumption_id", "in", wanted.ids)]).consumption_id
        ring = load_keyring(self.env)
        by_id = {line.id: visit for line, visit in visits.items()}
        return self.create(
            [
                {
                    "consumption_id": line.id,
                    "company_id": line.company_id.id,
                    "reason": reasons[line],
                    **self._seal(ring, line.id, pack(by_id[line.id])),
                }
                for line in wanted
            ]
        )

    @api.model
    def _reason(self, product):
        if product.med_implant:
            return "implant"
        if product.med_management_class == "3":
            return "class_3"
        return "high" if product.med_value_class == "high" else None

    @api.model
    def _seal(self, ring, line_id, content):
        sealed = ring.seal(content, f"med.vault/{line_id}")
        return {"sealed": base64.b64encode(sealed), "key_name": ring.name}

    def _unseal(self, ring):
        """The sealed bytes' content; SealError where key or content do not fit."""
        self.ensure_one()
        try:
            sealed = base64.b64decode(self.with_context(bin_size=False).sealed)
        except binascii.Error as error:
            raise SealError("the content was changed") from error
        return ring.unseal(sealed, f"med.vault/{self.consumption_id.id}")

    @api.model
    def _entries_of(self, lines):
        """``{ledger line: entry}``; a scan finds what the charge of the use kept."""
        lines = lines.sudo()  # the caller has checked which may be asked for
        reports = lines | lines.search([("match_id", "in", lines.match_id.ids)])
        entries = self.sudo().search([("consumption_id", "in", reports.ids)])
        by_line = {entry.consumption_id: entry for entry in entries}
        by_match = {entry.consumption_id.match_id: entry for entry in entries}
        found = {
            line: by_line.get(line) or (line.match_id and by_match.get(line.match_id))
            for line in lines
        }
        return {line: entry for line, entry in found.items() if entry}

    @api.model
    def _visits_of(self, lines):
        """``{ledger line: Visit}``; only med.vault.access asks, which keeps the log."""
        ring = load_keyring(self.env)
        return {
            line: unpack(entry._unseal(ring))
            for line, entry in self._entries_of(lines).items()
        }

    @api.model
    def _rotate(self, limit=ROTATED_AT_ONCE):
        """Seal entries of older keys anew with the newest; returns how many are left.

        Each call takes one batch; its caller commits and calls again.
        """
        ring = load_keyring(self.env)
        # The job of whoever runs the server, not of a person in the hospital.
        old = self.sudo().search(
            [("key_name", "!=", ring.name)], limit=limit, order="id"
        )
        for entry in old:
            content = entry._unseal(ring)
            # The only change that an entry ever sees.
            models.Model.write(
                entry, self._seal(ring, entry.consumption_id.id, content)
            )
        if old:
            self.env["med.audit.entry"]._log_event(
                "rotate",
                self.env._("Vault"),
                self.env._(
                    "%(count)s entries sealed with the key %(key)s",
                    count=len(old),
                    key=ring.name,
                ),
            )
        return self.sudo().search_count([("key_name", "!=", ring.name)])

    @api.model
    def _entries_by_key(self):
        """``{key name: entries}``: a key with none is no longer needed here."""
        return dict(self.sudo()._read_group([], ["key_name"], ["__count"]))
