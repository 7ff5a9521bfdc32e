"""A cluster's authorities and credentials: of the seed alone, and such that Kubernetes takes them."""

import base64

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from components import kubernetes_pki as pki


def certificate(pem: str) -> x509.Certificate:
    """One from its text."""
    return x509.load_pem_x509_certificate(pem.encode())


def test_the_same_seed_gives_the_same_bytes() -> None:
    """Else each preview would show new ones."""
    assert pki.files("seed", "lab") == pki.files("seed", "lab")
    assert pki.kubeconfig("seed", "lab", "https://x") == pki.kubeconfig("seed", "lab", "https://x")
    assert pki.serving("seed", "lab", "w", "10.0.0.1") == pki.serving("seed", "lab", "w", "10.0.0.1")


@pytest.mark.parametrize(("seed", "lab"), [("other", "lab"), ("seed", "other")])
def test_another_seed_or_lab_shares_nothing(seed: str, lab: str) -> None:
    """Nobody is let in by another lab's credentials."""
    first, second = pki.files("seed", "lab"), pki.files(seed, lab)
    assert not set(first.values()) & set(second.values())
    assert pki.authority("seed", "lab").key_hash != pki.authority(seed, lab).key_hash


@pytest.mark.parametrize(("file", "name"), pki.AUTHORITIES.items())
def test_an_authority_signs_for_itself_and_may_sign_others(file: str, name: str) -> None:
    """It is what kubeadm takes for an authority."""
    files = pki.files("seed", "lab")
    made = certificate(files[f"{file}.crt"])
    assert made.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == name
    assert made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert made.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    made.verify_directly_issued_by(made)
    private = load_pem_private_key(files[f"{file}.key"].encode(), None)
    assert private.public_key() == made.public_key()


def test_authorities_have_keys_of_their_own() -> None:
    """One that is lost is not all of them."""
    files = pki.files("seed", "lab")
    assert len({text for name, text in files.items() if name.endswith(".key")}) == 4


def test_service_accounts_are_signed_and_verified_by_one_key() -> None:
    """The two files belong together."""
    files = pki.files("seed", "lab")
    private = load_pem_private_key(files["sa.key"].encode(), None)
    assert private.public_key() == load_pem_public_key(files["sa.pub"].encode())


def test_the_kubeconfig_is_an_admins_of_this_cluster() -> None:
    """It trusts the cluster and is let in as its admin."""
    read = yaml.safe_load(pki.kubeconfig("seed", "lab", "https://10.0.0.2:6443"))
    (cluster,), (user,) = read["clusters"], read["users"]
    assert cluster["cluster"]["server"] == "https://10.0.0.2:6443"
    ca = certificate(base64.b64decode(cluster["cluster"]["certificate-authority-data"]).decode())
    assert ca == pki.authority("seed", "lab").certificate
    client = certificate(base64.b64decode(user["user"]["client-certificate-data"]).decode())
    client.verify_directly_issued_by(ca)
    assert client.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == pki.ADMINS
    usage = client.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    private = load_pem_private_key(base64.b64decode(user["user"]["client-key-data"]), None)
    assert private.public_key() == client.public_key()


def test_a_kubelet_is_known_by_its_address_and_name() -> None:
    """The API server asks it by either."""
    made = pki.serving("seed", "lab", "worker-1", "10.20.7.11")
    server = certificate(made["crt"])
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["worker-1"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["10.20.7.11"]
    ca = pki.authority("seed", "lab").certificate
    server.verify_directly_issued_by(ca)
    key = server.public_key()
    assert isinstance(key, EllipticCurvePublicKey)
    assert load_pem_private_key(made["key"].encode(), None).public_key() == key
