import hashlib
import hmac
import re
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

#: ``mck_<name>_<secret>``: the name finds the key, the secret proves it.
KEY = re.compile(r"mck_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
NAME_BYTES, SECRET_BYTES = 6, 32
USUAL_DAYS = 365
NOTED_EVERY = timedelta(hours=1)


class MedHisKey(models.Model):
    """A key with which a sender opens a channel over HTTP.

    Only its SHA-256 is kept: it is 256 random bits, so a slow hash would add nothing.
    Several keys may hold at once, which is how one replaces another without a gap.
    """

    _name = "med.his.key"
    _description = "Interface Key"
    _inherit = ["med.stepped"]
    _order = "channel_id, id desc"
    _med_set_by_steps = frozenset(
        {
            "channel_id",
            "public_name",
            "secret_sha256",
            "expires_at",
            "revoked_at",
            "last_used_at",
        }
    )

    channel_id = fields.Many2one(
        "med.his.channel", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    name = fields.Char(string="Held By", required=True)
    public_name = fields.Char(
        string="Begins With", required=True, readonly=True, copy=False
    )
    secret_sha256 = fields.Char(
        required=True, readonly=True, copy=False, groups="base.group_system"
    )
    expires_at = fields.Datetime(readonly=True)
    revoked_at = fields.Datetime(readonly=True)
    last_used_at = fields.Datetime(
        string="Last Used", readonly=True, help="To the hour."
    )
    state = fields.Selection(
        [("valid", "Valid"), ("expired", "Expired"), ("revoked", "Revoked")],
        compute="_compute_state",
    )

    _public_name_uniq = models.Constraint(
        "unique(public_name)", "Another key begins the same way."
    )

    @api.depends("expires_at", "revoked_at")
    def _compute_state(self):
        now = fields.Datetime.now()
        for key in self:
            if key.revoked_at:
                key.state = "revoked"
            else:
                expired = key.expires_at and key.expires_at <= now
                key.state = "expired" if expired else "valid"

    def write(self, vals):
        result = super().write(vals)
        if "name" in vals:
            for key in self:
                self.env["med.his.event"]._log(
                    "channel",
                    channel=key.channel_id,
                    detail=f"key {key.public_name} is held by another name",
                )
        return result

    def action_revoke(self):
        """The key opens nothing from now on."""
        self.check_access("write")
        for key in self:
            key.channel_id.message_post(
                body=self.env._("The key of %(name)s was revoked.", name=key.name)
            )
            self.env["med.his.event"]._log(
                "channel",
                channel=key.channel_id,
                detail=f"key {key.public_name} revoked",
            )
        # Operators may not write what proves a key.
        self.sudo().write({"revoked_at": fields.Datetime.now()})

    @api.model
    def _issue(self, channel, name, days=USUAL_DAYS, overlap_days=None):
        """A new key, in words that are shown once; the others hold ``overlap_days``.

        Without ``overlap_days`` they hold as long as they did.
        """
        channel.check_access("write")
        if channel.transport not in ("fhir", "feed"):
            raise UserError(
                self.env._("Only channels over HTTPS are opened with a key.")
            )
        now = fields.Datetime.now()
        if overlap_days is not None:
            end = now + timedelta(days=overlap_days)
            # Operators may not write what proves a key; here one ends others sooner.
            others = self.sudo().search(
                [
                    ("channel_id", "=", channel.id),
                    "|",
                    ("expires_at", "=", False),
                    ("expires_at", ">", end),
                ]
            )
            others.write({"expires_at": end})
        public_name = secrets.token_hex(NAME_BYTES)
        secret = secrets.token_urlsafe(SECRET_BYTES)
        self.sudo().create(
            {
                "channel_id": channel.id,
                "name": name,
                "public_name": public_name,
                "secret_sha256": _sha256(secret),
                "expires_at": days and now + timedelta(days=days),
            }
        )
        channel.message_post(
            body=self.env._("A key was issued for %(name)s.", name=name)
        )
        self.env["med.his.event"]._log(
            "channel", channel=channel, detail=f"key {public_name} issued"
        )
        return f"mck_{public_name}_{secret}"

    @api.model
    def _open(self, text, transport):
        """The channel that a key opens, or why it opens none: ``(channel, code)``."""
        match = KEY.fullmatch(text)
        # Also for a name that nobody has a comparison is made: time tells nothing.
        public_name, secret = match.groups() if match else ("", "")
        key = self.search([("public_name", "=", public_name)], limit=1)
        proven = hmac.compare_digest(key.secret_sha256 or "0" * 64, _sha256(secret))
        if not key or not proven or key.state == "revoked":
            return None, "login"
        if key.state == "expired":
            return None, "expired"
        channel = key.channel_id
        if not channel.active or channel.transport != transport:
            return None, "forbidden"
        key._note_use()
        return channel, ""

    def _note_use(self):
        """Once an hour: senders must not wait for each other over a time stamp."""
        now = fields.Datetime.now()
        if not self.last_used_at or now - self.last_used_at > NOTED_EVERY:
            locked = self.try_lock_for_update()
            locked.last_used_at = now


def _sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()
