import base64
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.addons.med_consumables.core.sealing import SealError
from odoo.addons.med_consumables.models.keyring import load_keyring
from odoo.exceptions import UserError

from .med_alert_channel import BY_HTTP


def public_part(url):
    """An address without what may be a secret in it: its query, and who logs in.

    Whoever knows the key in the address of a group robot can write to the group.
    """
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query="", fragment="").geturl()


class MedAlertChannel(models.Model):
    """Secrets are sealed with a key that is not in the database, and not shown again.

    They are bound to their channel and its address: whoever changes where a message
    goes has to know the secret that goes there.
    """

    _inherit = "med.alert.channel"

    public_url = fields.Char(
        string="Address Without Its Key",
        readonly=True,
        groups="med_consumables.group_administrator",
    )
    url = fields.Char(
        string="Address",
        compute="_compute_url",
        inverse="_inverse_entered",
        groups="med_consumables.group_administrator",
        help="Where the message is posted to. What follows its question mark is a "
        "secret (the key of a WeCom or DingTalk robot): it is kept sealed and not "
        "shown again. To change it, paste the whole address.",
    )
    url_sealed = fields.Binary(attachment=False, copy=False, groups="base.group_system")
    has_key = fields.Boolean(
        string="A Key Is Kept",
        compute="_compute_kept",
        groups="med_consumables.group_administrator",
    )
    secret = fields.Char(
        compute="_compute_secret",
        inverse="_inverse_entered",
        groups="med_consumables.group_administrator",
        help="Signs what is sent (DingTalk: the robot's SEC…; webhook: a secret that "
        "the receiver knows too; text message: the gateway's bearer token). Kept "
        "sealed, and not shown again.",
    )
    secret_sealed = fields.Binary(
        attachment=False, copy=False, groups="base.group_system"
    )
    has_secret = fields.Boolean(
        string="A Secret Is Kept",
        compute="_compute_kept",
        groups="med_consumables.group_administrator",
    )

    @api.depends("public_url")
    def _compute_url(self):
        for channel in self:
            channel.url = channel.public_url

    def _compute_secret(self):
        for channel in self:
            channel.secret = False

    @api.depends("url_sealed", "secret_sealed")
    def _compute_kept(self):
        for channel in self:
            # Whether there is one is no secret to an administrator.
            own = channel.sudo()
            channel.has_key = bool(own.url_sealed)
            channel.has_secret = bool(own.secret_sealed)

    def _inverse_entered(self):
        """Seal what was entered; a field that was left as it is changes nothing."""
        for channel in self:
            url, secret = (channel.url or "").strip(), channel.secret
            # Administrators may enter a secret; nobody may read one.
            own = channel.sudo()
            if url != (own.public_url or ""):
                public = public_part(url)
                moved = public != own.public_url
                own.public_url = public
                own.url_sealed = url != public and own._seal(url, "url")
                if moved and not secret and own.secret_sealed:
                    own._forget_secret()
            if secret:
                own.secret_sealed = own._seal(secret, "secret")
        self.invalidate_recordset(["url", "secret"])

    @api.model_create_multi
    def create(self, vals_list):
        channels = super().create(vals_list)
        channels._check_address()
        return channels

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"kind", "url", "secret", "active"}:
            self._check_address()
        return result

    def copy_data(self, default=None):
        """A copy has no secrets, so it sends nothing before it gets its own."""
        copies = super().copy_data(default)
        for channel, values in zip(self, copies, strict=True):
            if channel.kind in BY_HTTP:
                values["active"] = False
        return copies

    def _forget_secret(self):
        self.secret_sealed = False
        self.message_post(
            body=self.env._(
                "The secret was forgotten, since it would go to another address now. "
                "Enter it again."
            )
        )

    # ---- For the outbox --------------------------------------------------------------

    def _whole_url(self):
        """The address with its key."""
        own = self.sudo()  # on behalf of the outbox
        return own._unseal("url") if own.url_sealed else own.public_url or ""

    def _secret(self):
        own = self.sudo()  # on behalf of the outbox
        return own._unseal("secret") if own.secret_sealed else ""

    def _seal(self, text, name):
        sealed = load_keyring(self.env).seal(text.encode(), self._bound_to(name))
        return base64.b64encode(sealed)

    def _unseal(self, name):
        sealed = base64.b64decode(self.with_context(bin_size=False)[f"{name}_sealed"])
        try:
            ring = load_keyring(self.env)
            return ring.unseal(sealed, self._bound_to(name)).decode()
        except SealError as error:
            raise UserError(
                self.env._(
                    "What is kept sealed for %(channel)s cannot be opened (%(why)s). "
                    "Enter its address and secret again.",
                    channel=self.name,
                    why=str(error),
                )
            ) from None

    def _bound_to(self, name):
        return f"{self._name}/{self.id}/{name}/{self.public_url}"
