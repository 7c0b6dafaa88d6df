import base64

from odoo import models
from odoo.addons.med_consumables.models.keyring import load_keyring

#: ``{sealed secret: (the field it is entered in, what says where it goes and how)}``.
SECRETS = {
    "db_password_sealed": (
        "db_password",
        ("db_kind", "db_host", "db_port", "db_user", "db_plaintext", "db_authority"),
    ),
    "out_key_sealed": (
        "out_key",
        ("transport", "out_host", "out_port", "out_url", "out_tls", "out_authority"),
    ),
}


class MedHisChannelSecret(models.Model):
    """A secret of another system goes where it was entered for, and nowhere else.

    Operators may set one and read none. So whoever changes where it is sent, or how,
    has to know it: it is forgotten, and bound to its way besides.
    """

    _inherit = "med.his.channel"

    def write(self, vals):
        before = [channel._ways() for channel in self]
        result = super().write(vals)
        for channel, ways in zip(self, before, strict=True):
            for name, way in channel._ways().items():
                entered, _fields = SECRETS[name]
                if way != ways[name] and not vals.get(entered):
                    channel._forget(name)
        return result

    def _seal(self, entered, name, check=None):
        """Seal what was entered; an empty field changes nothing."""
        ring = load_keyring(self.env)
        for channel in self.filtered(entered):
            text = channel[entered]
            if check:
                text = check(channel, text)
            sealed = ring.seal(text.encode(), channel._bound(name))
            # Operators may set a secret; nobody may read one.
            channel.sudo()[name] = base64.b64encode(sealed)
        # Nor is it given back to whoever has just entered it.
        self.invalidate_recordset([entered])

    def _unseal(self, name):
        """A secret in plain, '' where there is none; may raise ``SealError``."""
        self.ensure_one()
        # The job's or the gateway's, on behalf of the channel.
        sealed = self.sudo().with_context(bin_size=False)[name]
        if not sealed:
            return ""
        content = base64.b64decode(sealed)
        return load_keyring(self.env).unseal(content, self._bound(name)).decode()

    def _bound(self, name):
        """What a sealed secret is bound to: it opens for nothing else."""
        if name == "tls_key_sealed":
            return f"tls key of channel {self.id}"
        kind = {"db_password_sealed": "password", "out_key_sealed": "out_key"}[name]
        return f"med.his.channel/{self.id}/{kind}/{self._ways()[name]}"

    def _ways(self):
        """``{sealed secret: where it goes and how}``, each as a text."""
        self.ensure_one()
        return {
            name: "/".join(str(self[field] or "") for field in fields)
            for name, (_entered, fields) in SECRETS.items()
        }

    def _forget(self, name):
        # Operators may change where it goes, but may neither read nor write it sealed.
        own = self.sudo()
        if not own[name]:
            return
        own[name] = False
        label = own._fields[SECRETS[name][0]]._description_string(self.env)
        self.message_post(
            body=self.env._(
                "%(secret)s was forgotten, since it would go elsewhere now. Enter it "
                "again.",
                secret=label,
            )
        )
