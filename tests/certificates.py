"""A private authority and the certificates that it signs, for servers of tests that speak TLS."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
_LONG = timedelta(days=40_000)


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs certificates; `bundle` is the file that makes a client trust them."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    name: x509.Name
    bundle: Path

    def context(
        self, host: str = "127.0.0.1", *, lasts: timedelta = _LONG, itself: bool = False
    ) -> ssl.SSLContext:
        """Return what a server needs to be `host`; with `itself` it vouches for itself alone."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        known: x509.GeneralName
        known = x509.IPAddress(IPv4Address(host)) if host[0].isdigit() else x509.DNSName(host)
        signer, signed_with = (subject, key) if itself else (self.name, self.key)
        certificate = (
            _builder(subject, signer, key.public_key(), lasts)
            .add_extension(x509.SubjectAlternativeName([known]), critical=False)
            .sign(signed_with, SHA256())
        )
        file = self.folder / f"{x509.random_serial_number()}.pem"
        file.write_bytes(
            certificate.public_bytes(Encoding.PEM)
            + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def authority(folder: Path) -> Authority:
    """Make an authority whose files lie in `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a private authority")])
    certificate = (
        _builder(name, name, key.public_key(), _LONG)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    bundle = folder / "authority.pem"
    bundle.write_bytes(certificate.public_bytes(Encoding.PEM))
    return Authority(folder, key, name, bundle)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, lasts: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGIN)
        .not_valid_after(_BEGIN + lasts)
    )
