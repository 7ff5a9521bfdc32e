"""A certificate authority of the test's own, and the one certificate that it gives."""

import datetime
import ssl
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_VALID = datetime.timedelta(days=1)


class Authority:
    """Whom guests are told to trust."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("kvmlab mirror")
        constraint = x509.BasicConstraints(ca=True, path_length=0)
        self._own = (
            _builder(self._name, self._name, self._key.public_key())
            .add_extension(constraint, critical=True)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def certificate(self) -> str:
        """Its own, in PEM."""
        return self._own.public_bytes(serialization.Encoding.PEM).decode()

    def context(self, names: Iterable[str], directory: Path) -> ssl.SSLContext:
        """What a server of these names presents.

        Args:
            names: of the server.
            directory: where certificate and key are kept.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        certificate = (
            _builder(_named("server"), self._name, key.public_key())
            .add_extension(alternatives, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        both = directory / "server.pem"
        both.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(both)
        return context


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
        # A guest's clock may be a little behind.
        .not_valid_before(now - _VALID)
        .not_valid_after(now + _VALID)
    )
