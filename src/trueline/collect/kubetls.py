"""Makes the TLS context for an API server; private keys reach it without a file that others could read."""

import base64
import binascii
import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trueline.collect.kubeaccess import Cluster
from trueline.collect.kubefiles import read_bounded
from trueline.errors import AccessError


def server_context(cluster: Cluster) -> ssl.SSLContext:
    authority = pem_bytes(
        "certificate-authority", cluster.certificate_authority_data, cluster.certificate_authority
    )
    if cluster.insecure_skip_tls_verify and authority:
        raise AccessError(
            "the kubeconfig has both a certificate authority and insecure-skip-tls-verify",
            hint="Remove insecure-skip-tls-verify.",
        )
    if cluster.insecure_skip_tls_verify:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    try:
        context = (
            ssl.create_default_context(cadata=_as_cadata(authority))
            if authority
            else ssl.create_default_context()
        )
    except (ssl.SSLError, ValueError):
        raise AccessError(
            "the kubeconfig's certificate authority is no certificate", hint="Replace it."
        ) from None
    # As Kubernetes' own clients do: a root is what the kubeconfig holds, be it an intermediate or without the
    # extensions that Python 3.13 asks for (many clusters' authorities have no key identifier).
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _as_cadata(data: bytes) -> str | bytes:
    return data.decode() if b"-----BEGIN" in data else data


def load_client_pair(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    with _memory_file(certificate + b"\n" + key) as path:
        try:
            context.load_cert_chain(path, password=_no_password)
        except (ssl.SSLError, ValueError, OSError):
            raise AccessError(
                "the client certificate and key can't be used: not PEM, not a pair, or the key is encrypted",
                hint="Make them anew, or take the passphrase off the key.",
            ) from None


def _no_password() -> str:
    # Without this OpenSSL would stop and ask on the terminal.
    raise ValueError("encrypted key")


@contextmanager
def _memory_file(data: bytes) -> Iterator[str]:
    """A path with the data for as long as it is read: in memory, or a file that only we may read."""
    if hasattr(os, "memfd_create") and Path("/proc/self/fd").exists():
        descriptor = os.memfd_create("trueline")
        with os.fdopen(descriptor, "wb") as memory:
            memory.write(data)
            memory.flush()
            yield f"/proc/self/fd/{descriptor}"
        return
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        yield file.name


def pem_bytes(what: str, data: str, path: str) -> bytes:
    """What the kubeconfig holds as base64, else what its file holds, else nothing."""
    try:
        if data:
            return base64.b64decode("".join(data.split()), validate=True)
        return read_bounded(path) if path else b""
    except binascii.Error:
        raise AccessError(
            f"the kubeconfig's {what}-data is not base64", hint="Make the kubeconfig anew."
        ) from None
    except OSError as error:
        raise AccessError(
            f"the kubeconfig's {what} {path}: {error.strerror}", hint="Check the path."
        ) from None
