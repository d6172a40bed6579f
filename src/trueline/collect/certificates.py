"""Reads the public data of X.509 certificates; keys beside them are never looked at."""

import re
from datetime import datetime
from typing import TYPE_CHECKING

from trueline.model.facts import Certificate

if TYPE_CHECKING:
    from cryptography import x509

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_SUFFIXES = (".crt", ".pem", ".cer", ".cert")
_FLAG = re.compile(r"(cert|certificate|ca|cafile)(-?file)?$")
_TEXT_LIMIT = 1000


def may_hold_certificate(path: str) -> bool:
    """Whether a file of this name is looked into for a certificate."""
    return path.endswith(_SUFFIXES)


def names_certificate(flag: str) -> bool:
    """Whether a flag or configuration key of this name has the path of a certificate as its value."""
    return _FLAG.search(re.sub(r"(?<=[a-z])([A-Z])", r"-\1", flag).lower()) is not None


def first_certificate(content: bytes) -> Certificate | None:
    """The first certificate of a PEM file, None where it holds none that can be read."""
    found = _PEM.search(content)
    if not found:
        return None
    from cryptography import x509

    try:
        return _public_data(x509.load_pem_x509_certificate(found[0]))
    except (ValueError, TypeError, x509.InvalidVersion):
        return None


def _public_data(certificate: "x509.Certificate") -> Certificate:
    return Certificate(
        subject=certificate.subject.rfc4514_string()[:_TEXT_LIMIT],
        issuer=certificate.issuer.rfc4514_string()[:_TEXT_LIMIT],
        not_before=_rfc3339(certificate.not_valid_before_utc),
        not_after=_rfc3339(certificate.not_valid_after_utc),
        authority=_is_authority(certificate),
    )


def _is_authority(certificate: "x509.Certificate") -> bool:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False


def _rfc3339(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
