"""A small certificate authority for tests: real certificates, made on the spot."""

import datetime
import ipaddress
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


class Authority:
    """Signs certificates; ``pem`` is its own."""

    def __init__(self, name="Test authority"):
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._sign(self.name, self.key, self.name, authority=True)
        self.pem = _pem(self.certificate)

    def issue(self, common_name, alternatives=(), ends=30):
        """``(certificate, key)`` as PEM texts."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        made = self._sign(name, key, self.name, alternatives, ends)
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return _pem(made), secret.decode()

    def _sign(self, name, key, issuer, alternatives=(), ends=30, authority=False):
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 10 * DAY)
            .not_valid_after(now + ends * DAY)
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
        )
        if alternatives:
            names = [_general_name(each) for each in alternatives]
            builder = builder.add_extension(
                x509.SubjectAlternativeName(names), critical=False
            )
        return builder.sign(self.key, hashes.SHA256())


def client_context(authority_pem, certificate=None, key=None, tmp=None, version=None):
    """What a sender connects with; ``tmp`` is a folder for its certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cadata=authority_pem)
    if version:
        context.maximum_version = version
    if certificate:
        file = tmp / "client.pem"
        file.write_text(certificate + key)
        context.load_cert_chain(file)
    return context


def _general_name(text):
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
