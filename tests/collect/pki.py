"""A certificate authority for tests, with a server's and a client's certificate."""

import base64
import datetime
import functools
import ipaddress
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Pair(NamedTuple):
    certificate: bytes
    key: bytes

    @property
    def certificate_data(self) -> str:
        return base64.b64encode(self.certificate).decode()

    @property
    def key_data(self) -> str:
        return base64.b64encode(self.key).decode()


class Pki(NamedTuple):
    authority: Pair
    server: Pair
    client: Pair
    encrypted_key: bytes


@functools.cache
def pki(name: str = "test-ca", hosts: tuple[str, ...] = ("localhost", "127.0.0.1")) -> Pki:
    """Made once per process and name."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = _name(name)
    authority = _signed(issuer, issuer, key, key, x509.BasicConstraints(ca=True, path_length=None))
    server_key, client_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    server = _signed(
        _name("apiserver"), issuer, server_key, key, x509.SubjectAlternativeName(list(map(_host, hosts)))
    )
    client = _signed(_name("auditor"), issuer, client_key, key, None)
    locked = serialization.BestAvailableEncryption(b"passphrase")
    return Pki(
        authority=Pair(_pem(authority), _key_pem(key)),
        server=Pair(_pem(server), _key_pem(server_key)),
        client=Pair(_pem(client), _key_pem(client_key)),
        encrypted_key=_key_pem(client_key, locked),
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _signed(subject, issuer, key, signer, extension):
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )
    if extension is not None:
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    return builder.sign(signer, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key, encryption=None) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        encryption or serialization.NoEncryption(),
    )
