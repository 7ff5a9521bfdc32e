"""A cluster's certificate authorities and its admin's credentials, which follow from the stack's seed.

The same seed gives the same bytes: so workers know whom to trust before there is a control plane, several control
planes need nothing copied between them, and the kubeconfig is known without asking a node for it.
https://kubernetes.io/docs/setup/best-practices/certificates/
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import IPv4Address
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, derive_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from components.keys import derive

FROM = datetime(2025, 1, 1, tzinfo=UTC)
UNTIL = datetime(2055, 1, 1, tzinfo=UTC)
"""Fixed, since what is made anew at each run must come out the same. What kubeadm makes lasts a year as ever."""
AUTHORITIES = {"ca": "kubernetes", "front-proxy-ca": "front-proxy-ca", "etcd/ca": "etcd-ca"}
"""Files below /etc/kubernetes/pki, and the common names that kubeadm gives these."""
ADMINS = "kubeadm:cluster-admins"
"""The group that kubeadm binds to cluster-admin; unlike system:masters it can be unbound."""
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256: a private key is a number between 1 and this. https://csrc.nist.gov/pubs/sp/800/186/final"""


class Authority(NamedTuple):
    """A certificate authority."""

    key: EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        """Its certificate."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_hash(self) -> str:
        """What `kubeadm join` holds the cluster's answer to, as its discovery-token-ca-cert-hash."""
        public = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"sha256:{hashlib.sha256(public).hexdigest()}"


def authority(seed: str, lab: str, file: str = "ca") -> Authority:
    """One of a lab's authorities.

    Args:
        seed: the stack's.
        lab: its name.
        file: which one, a key of AUTHORITIES.
    """
    key = _key(seed, f"{lab}/kubernetes/{file}")
    name = _name(AUTHORITIES[file])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=True,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        _certificate(key, name, name)
        .add_extension(usage, critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(AUTHORITIES[file])]), critical=False)
    )
    return Authority(key, builder.sign(key, SHA256(), ecdsa_deterministic=True))


def files(seed: str, lab: str) -> dict[str, str]:
    """What a control plane has below /etc/kubernetes/pki before kubeadm makes the rest. Secret.

    Args:
        seed: the stack's.
        lab: its name.
    """
    made = dict[str, str]()
    for file in AUTHORITIES:
        one = authority(seed, lab, file)
        made |= {f"{file}.crt": one.pem, f"{file}.key": _private(one.key)}
    signer = _key(seed, f"{lab}/kubernetes/sa")
    public = signer.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return made | {"sa.key": _private(signer), "sa.pub": public}


def kubeconfig(seed: str, lab: str, server: str) -> str:
    """What kubectl needs to act as the cluster's admin. Secret.

    Args:
        seed: the stack's.
        lab: its name, which context, cluster and user bear.
        server: URL of the API server.
    """
    ca, key = authority(seed, lab), _key(seed, f"{lab}/kubernetes/admin")
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    certificate = (
        _certificate(key, _name("kvmlab-admin", ADMINS), ca.certificate.subject)
        .add_extension(usage, critical=False)
        .sign(ca.key, SHA256(), ecdsa_deterministic=True)
    )
    user = {
        "client-certificate-data": _base64(certificate.public_bytes(Encoding.PEM).decode()),
        "client-key-data": _base64(_private(key)),
    }
    document: Mapping[str, object] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": lab, "cluster": {"server": server, "certificate-authority-data": _base64(ca.pem)}}],
        "contexts": [{"name": lab, "context": {"cluster": lab, "user": f"{lab}-admin"}}],
        "current-context": lab,
        "users": [{"name": f"{lab}-admin", "user": user}],
    }
    # JSON is YAML too, in which no name is taken for something else, as `n` and `y` are by kubectl.
    return f"{json.dumps(document, indent=2)}\n"


def serving(seed: str, lab: str, node: str, address: str) -> dict[str, str]:
    """Certificate and key of a kubelet's own server, by the ends of file names. Secret.

    kubelets sign their own unless told otherwise, and then nobody can know whom logs and metrics come from.

    Args:
        seed: the stack's.
        lab: its name.
        node: the node's.
        address: its IPv4 address in the cluster.
    """
    ca, key = authority(seed, lab), _key(seed, f"{lab}/kubernetes/serving/{node}")
    names = x509.SubjectAlternativeName([x509.DNSName(node), x509.IPAddress(IPv4Address(address))])
    certificate = (
        _certificate(key, _name(f"system:node:{node}", "system:nodes"), ca.certificate.subject)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(names, critical=False)
        .sign(ca.key, SHA256(), ecdsa_deterministic=True)
    )
    return {"crt": certificate.public_bytes(Encoding.PEM).decode(), "key": _private(key)}


def _key(seed: str, purpose: str) -> EllipticCurvePrivateKey:
    return derive_private_key(1 + int.from_bytes(derive(seed, purpose)) % (_ORDER - 1), SECP256R1())


def _name(common: str, organization: str | None = None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)] if organization else []
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(key: EllipticCurvePrivateKey, subject: x509.Name, issuer: x509.Name) -> x509.CertificateBuilder:
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    # Of the key, so that another seed's certificate has another number. At most 20 bytes, and positive.
    serial = int.from_bytes(hashlib.sha256(public + subject.public_bytes()).digest()[:16]) or 1
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(FROM)
        .not_valid_after(UNTIL)
    )


def _private(key: EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
