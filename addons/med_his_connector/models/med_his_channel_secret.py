from odoo import models

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
