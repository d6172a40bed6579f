"""Turns a kubeconfig's user into request headers and a TLS context."""

import base64
import ssl
import threading
from collections.abc import Mapping

from trueline.collect.kubeaccess import Access
from trueline.collect.kubefiles import read_bounded
from trueline.collect.kubeplugin import Status, run_plugin
from trueline.collect.kubetls import load_client_pair, pem_bytes, server_context
from trueline.errors import AccessError


class Credentials:
    """The credentials of one access; safe to use from several threads."""

    def __init__(self, access: Access, environment: Mapping[str, str]) -> None:
        """Runs the exec plug-in if there is one. Raises AccessError where credentials can't be had."""
        self._user = access.user
        self._cluster = access.cluster
        self._environment = environment
        self._lock = threading.Lock()
        self._status: Status | None = None
        provider = access.user.auth_provider
        if provider and not provider.config.get("id-token"):
            raise AccessError(
                f"the kubeconfig's auth-provider {provider.name!r} is no longer supported by Kubernetes",
                hint="Make a new kubeconfig with the provider's own tool; it will name an exec plug-in.",
            )
        own = self._own_authorization()
        if access.user.exec and not own:
            self._status = run_plugin(access.user.exec, access.cluster, environment)
        if not all(value.isascii() and value.isprintable() for _, value in self.headers()):
            raise AccessError(
                "the kubeconfig's token or user has characters that HTTP forbids", hint="Correct it."
            )

    def headers(self) -> list[tuple[str, str]]:
        """Headers for one request. Raises AccessError where the token file can't be read."""
        user = self._user
        pairs = [("Authorization", value) for value in [self._authorization()] if value]
        pairs += [("Impersonate-User", user.act_as)] if user.act_as else []
        pairs += [("Impersonate-Uid", user.act_as_uid)] if user.act_as_uid else []
        pairs += [("Impersonate-Group", group) for group in user.act_as_groups]
        pairs += [
            (f"Impersonate-Extra-{key}", v) for key, values in user.act_as_extra.items() for v in values
        ]
        return pairs

    def renewed(self, refused: list[tuple[str, str]]) -> bool:
        """Whether there are other credentials than those that the server refused; asks the plug-in again."""
        with self._lock:
            if self.headers() == refused and self._status and self._status.token and self._user.exec:
                self._status = run_plugin(self._user.exec, self._cluster, self._environment)
            return self.headers() != refused

    def secrets(self) -> list[str]:
        """Texts that must not be repeated from a server's answer."""
        found = [value.partition(" ")[2] for name, value in self.headers() if name == "Authorization"]
        return [text for text in [*found, self._user.password] if text]

    def tls_context(self) -> ssl.SSLContext:
        """The context for connections to the server. Raises AccessError where certificates are no good."""
        context = server_context(self._cluster)
        certificate, key = self._client_pair()
        if certificate and key:
            load_client_pair(context, certificate, key)
        return context

    def _own_authorization(self) -> str:
        user = self._user
        if user.token_file or user.token:
            return f"Bearer {_token_from(user.token_file) if user.token_file else user.token}"
        if user.username or user.password:
            return "Basic " + base64.b64encode(f"{user.username}:{user.password}".encode()).decode()
        return f"Bearer {user.auth_provider.config['id-token']}" if user.auth_provider else ""

    def _authorization(self) -> str:
        token = self._status.token if self._status else None
        return self._own_authorization() or (f"Bearer {token}" if token else "")

    def _client_pair(self) -> tuple[bytes, bytes]:
        user, status = self._user, self._status
        if status and status.client_certificate_data and status.client_key_data:
            return status.client_certificate_data.encode(), status.client_key_data.encode()
        certificate = pem_bytes("client-certificate", user.client_certificate_data, user.client_certificate)
        key = pem_bytes("client-key", user.client_key_data, user.client_key)
        if bool(certificate) != bool(key):
            raise AccessError(
                "the kubeconfig's client certificate and key are not both there", hint="Add the other."
            )
        return certificate, key


def _token_from(path: str) -> str:
    try:
        token = read_bounded(path).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise AccessError(
            f"the token file {path}: {reason}", hint="Check the path and who may read it."
        ) from None
    if not token or any(character.isspace() for character in token):
        raise AccessError(f"the token file {path} holds no token", hint="Check what writes the file.")
    return token
