import ssl
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from odoo import api, fields, models
from odoo.addons.med_consumables.core.sealing import SealError
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from ..core.peer_name import read_pins
from ..core.tls import Tls, server_context, show_certificate
from .error_words import in_words

#: What the system writes down about a channel; nobody changed it.
FOUND_OUT = {"looked_at", "look_problem"}
TLS_FIELDS = ("tls_certificate", "tls_key_sealed", "tls_authority", "tls_client_names")


class MedHisChannel(models.Model):
    """Who may connect to a channel: TLS with a client certificate, pinned by name.

    Plaintext is the exception that must be asked for, with its list of networks.
    """

    _inherit = "med.his.channel"

    tls_certificate = fields.Text(
        string="Our Certificate",
        tracking=False,
        help="PEM text: the certificate that we show, and those above it. Where we "
        "send, it is needed only if the receiver asks for one.",
    )
    # See core/sealing.py of med_consumables; bound to this channel.
    tls_key_sealed = fields.Binary(
        attachment=False, copy=False, readonly=True, groups="base.group_system"
    )
    tls_key = fields.Text(
        string="Our Private Key",
        compute="_compute_tls_key",
        inverse="_inverse_tls_key",
        help="PEM text without a password. It is sealed at once, with a key that is "
        "not in the database, and never shown again.",
    )
    tls_has_key = fields.Boolean(
        string="Private Key Is Kept", compute="_compute_tls_has_key"
    )
    tls_authority = fields.Text(
        string="Their Authority",
        help="PEM text: the certificate that must have signed the client's.",
    )
    tls_client_names = fields.Char(
        string="Clients",
        tracking=True,
        help="Names of the clients that may send, with commas: the common name (CN) or "
        "an alternative name (SAN) of their certificate, whole.",
    )
    tls_expires_at = fields.Datetime(
        string="Our Certificate Ends", compute="_compute_tls_expires_at"
    )

    @api.depends("tls_key_sealed")
    def _compute_tls_key(self):
        self.tls_key = False

    def _inverse_tls_key(self):
        self._seal("tls_key", "tls_key_sealed", type(self)._checked_tls_key)

    def _checked_tls_key(self, key):
        key = key.strip()
        try:
            load_pem_private_key(key.encode(), None)
        except (ValueError, TypeError):
            raise ValidationError(
                self.env._(
                    "The private key of %(channel)s is no PEM text without a password.",
                    channel=self.name,
                )
            )
        return key

    @api.depends("tls_key_sealed")
    def _compute_tls_has_key(self):
        for channel in self:
            # Whether there is one is no secret.
            sealed = channel.sudo().with_context(bin_size=True).tls_key_sealed
            channel.tls_has_key = bool(sealed)

    @api.depends("tls_certificate")
    def _compute_tls_expires_at(self):
        for channel in self:
            try:
                first = x509.load_pem_x509_certificate(
                    (channel.tls_certificate or "").encode()
                )
            except ValueError:
                channel.tls_expires_at = False
            else:
                channel.tls_expires_at = first.not_valid_after_utc.replace(tzinfo=None)

    @api.constrains(*TLS_FIELDS, "tls_key")
    def _check_tls(self):
        """What cannot work is said now, not when the first sender is refused."""
        for channel in self:
            if not any(channel.sudo()[name] for name in TLS_FIELDS[:3]):
                continue
            channel._check_certificates()
            tls, key = channel._tls(), channel._private_key()
            if channel.tls_certificate and key:
                try:
                    show_certificate(
                        ssl.create_default_context(), channel.tls_certificate, key
                    )
                    if tls:
                        server_context(tls)
                except (ssl.SSLError, OSError, ValueError) as error:
                    raise ValidationError(
                        self.env._(
                            "%(channel)s cannot speak TLS with these: %(reason)s.\n"
                            "Certificates and key are PEM texts, and the key must "
                            "belong to our certificate.",
                            channel=channel.name,
                            reason=in_words(
                                self.env, getattr(error, "reason", None) or str(error)
                            ),
                        )
                    )

    def _check_certificates(self):
        """Each is a certificate, even while the others are still missing."""
        for name in ("tls_certificate", "tls_authority"):
            try:
                text = (self[name] or "").strip().encode()
                made = x509.load_pem_x509_certificates(text) if text else ()
            except ValueError:
                raise ValidationError(
                    self.env._(
                        "%(field)s of %(channel)s is no certificate as PEM text.",
                        field=self._fields[name]._description_string(self.env),
                        channel=self.name,
                    )
                )
            ends = min((each.not_valid_after_utc for each in made), default=None)
            if ends and ends <= datetime.now(UTC):
                raise ValidationError(
                    self.env._(
                        "%(field)s of %(channel)s ended on %(day)s: nobody could "
                        "connect. Enter one that is valid.",
                        field=self._fields[name]._description_string(self.env),
                        channel=self.name,
                        day=format_date(self.env, ends.date()),
                    )
                )

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() <= FOUND_OUT:
            return result
        for channel in self:
            # Which fields, not what they say: a key is among them.
            detail = ", ".join(sorted(vals))[:200]
            self.env["med.his.event"]._log("channel", channel=channel, detail=detail)
        return result

    def _tls(self):
        """What the gateway speaks TLS with here, or None where it is not complete."""
        self.ensure_one()
        # On behalf of the gateway, which serves the channel.
        own = self.sudo().with_context(bin_size=False)
        pins = read_pins(own.tls_client_names or "")
        if not (own.tls_certificate and own.tls_authority and own.tls_key_sealed):
            return None
        if not pins:
            return None
        return Tls(
            own.tls_certificate.strip(),
            own._private_key(),
            own.tls_authority.strip(),
            pins,
        )

    def _private_key(self):
        """Our private key as PEM text, '' where there is none."""
        self.ensure_one()
        try:
            return self._unseal("tls_key_sealed")
        except SealError as error:
            raise ValidationError(
                self.env._(
                    "The private key of %(channel)s cannot be opened: %(why)s.\n"
                    "Give it again.",
                    channel=self.name,
                    why=in_words(self.env, str(error)),
                )
            )
