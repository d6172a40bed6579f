"""Of certificates the public data is read, of keys nothing."""

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from trueline.collect.certificates import first_certificate, may_hold_certificate, names_certificate

START = datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


def make(name, *, authority=None):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer")]))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(START)
        .not_valid_after(START + datetime.timedelta(days=1))
    )
    if authority is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem, secret


@pytest.mark.parametrize(("authority", "expected"), [(True, True), (False, False), (None, False)])
def test_public_data(authority, expected):
    found = first_certificate(make("ca", authority=authority)[0])
    assert (found.subject, found.issuer, found.authority) == ("CN=ca", "CN=issuer", expected)
    assert (found.not_before, found.not_after) == ("2020-01-02T03:04:05Z", "2020-01-03T03:04:05Z")


def test_the_first_certificate_counts_also_behind_a_key():
    first, key = make("first")
    second, _ = make("second")
    assert first_certificate(b"text\n" + key + first + second).subject == "CN=first"


def test_a_key_alone_is_no_certificate():
    assert first_certificate(make("x")[1]) is None


BEGIN, END = b"-----BEGIN CERTIFICATE-----\n", b"\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    "content", [b"", b"x", BEGIN, BEGIN + END, BEGIN + b"AAAA" + END, BEGIN + b"\xff" + END]
)
def test_broken_ones_are_none(content):
    assert first_certificate(content) is None


@given(st.binary())
def test_no_content_raises(junk):
    first_certificate(BEGIN + junk + END)


def test_by_the_name_of_the_file():
    assert may_hold_certificate("/etc/kubernetes/pki/ca.crt")
    assert may_hold_certificate("/a/b.pem")
    assert not may_hold_certificate("/a/ca.key")


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("client-ca-file", True),
        ("etcd-cafile", True),
        ("etcd-certfile", True),
        ("tls-cert-file", True),
        ("kubelet-client-certificate", True),
        ("clientCAFile", True),
        ("tlsCertFile", True),
        ("root-ca-file", True),
        ("trusted-ca-file", True),
        ("certificate-authority", False),
        ("tls-private-key-file", False),
        ("kubeconfig", False),
        ("service-account-key-file", False),
        ("audit-policy-file", False),
        ("data-dir", False),
    ],
)
def test_by_the_name_of_the_flag(flag, expected):
    assert names_certificate(flag) is expected
