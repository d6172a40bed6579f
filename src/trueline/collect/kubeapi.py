"""Asks an API server read-only questions, and gets bytes or a reason within bounded time and memory."""

import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
import urllib3
from urllib3 import exceptions

from trueline.collect.kubeaccess import Access
from trueline.collect.kubeauth import Credentials
from trueline.collect.kubeproxy import proxy_for
from trueline.errors import AccessError

_REASON_LENGTH = 240
_ERROR_BYTES = 64 * 1024
_CHUNK = 256 * 1024
_PASSING = (429, 500, 502, 503, 504)

Query = Mapping[str, str | int]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How far a collection goes; `page_bytes` counts after decompression, pages and objects per resource."""

    request_seconds: float = 15.0
    total_seconds: float = 300.0
    retry_seconds: float = 5.0
    attempts: int = 4
    page_items: int = 500
    page_bytes: int = 64 * 1024 * 1024
    pages: int = 2_000
    objects: int = 500_000
    connections: int = 3


class CannotRead(Exception):
    """Why an answer can't be had.

    `status` is that of HTTP, None where no answer came. `again` are the seconds after which another try may
    work, None where it won't.
    """

    def __init__(self, reason: str, *, status: int | None = None, again: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.again = again


class _ErrorStatus(msgspec.Struct, frozen=True):
    """The API's own description of an error."""

    message: str | None = None


class Client:
    """A client of one API server that knows GET alone; safe to use from several threads."""

    def __init__(self, access: Access, environment: Mapping[str, str], limits: Limits) -> None:
        """Raises AccessError where address, certificates or credentials can't be used."""
        self.server = checked_address(access.cluster.server)
        self._limits = limits
        self._credentials = Credentials(access, environment)
        self._compression = {} if access.cluster.disable_compression else {"Accept-Encoding": "gzip"}
        self._pool = _pool(
            access, self.server, environment, self._credentials.tls_context(), limits.connections
        )
        self._stopped = threading.Event()
        self._end = time.monotonic() + limits.total_seconds

    def seconds_left(self) -> float:
        """Until the collection as a whole must end; never below 0."""
        return 0.0 if self._stopped.is_set() else max(0.0, self._end - time.monotonic())

    def stop(self) -> None:
        """Lets threads that still ask come to an end soon, and closes idle connections."""
        self._stopped.set()
        self._pool.clear()

    def get(self, path: str, query: Query | None = None) -> bytes:
        """The JSON document at a path, undecoded. Raises CannotRead."""
        attempt = 1
        while True:
            headers = self._headers()
            try:
                return self._get_once(path, query or {}, headers)
            except CannotRead as failure:
                if attempt >= self._limits.attempts or not self._worth_another(failure, headers, attempt):
                    raise
            attempt += 1

    def _headers(self) -> list[tuple[str, str]]:
        try:
            return self._credentials.headers()
        except AccessError as error:
            raise CannotRead(error.message) from None

    def _worth_another(self, failure: CannotRead, headers: list[tuple[str, str]], attempt: int) -> bool:
        if failure.status == 401:
            with suppress(AccessError):
                return self._credentials.renewed(headers)
        if failure.again is None:
            return False
        self._stopped.wait(
            min(failure.again or 0.1 * 2**attempt, self._limits.retry_seconds, self.seconds_left())
        )
        return True

    def _get_once(self, path: str, query: Query, headers: list[tuple[str, str]]) -> bytes:
        seconds = min(self._limits.request_seconds, self.seconds_left())
        if seconds <= 0:
            raise CannotRead("the time for the whole collection ran out")
        until = time.monotonic() + seconds
        try:
            response = self._request(path, query, headers, seconds)
            try:
                return self._answer(response, until)
            finally:
                # Closed unless it was read to its end, when the pool already has the connection back.
                response.close()
        except (exceptions.HTTPError, OSError) as error:
            again = 0.0 if isinstance(error, exceptions.ProtocolError) else None
            raise CannotRead(network_reason(error, seconds), again=again) from None
        except ValueError:
            # http.client quotes the header that it refuses, so its message is kept back.
            raise CannotRead("the credentials can't be sent in an HTTP request") from None

    def _request(
        self, path: str, query: Query, headers: list[tuple[str, str]], seconds: float
    ) -> urllib3.BaseHTTPResponse:
        sent = urllib3.HTTPHeaderDict(
            {"Accept": "application/json", "User-Agent": "trueline", **self._compression}
        )
        for name, value in headers:
            sent.add(name, value)
        return self._pool.request(
            "GET",
            self.server + path,
            fields={name: str(value) for name, value in query.items()},
            headers=sent,
            timeout=urllib3.Timeout(total=seconds),
            preload_content=False,
            redirect=False,
            retries=False,
        )

    def _answer(self, response: urllib3.BaseHTTPResponse, until: float) -> bytes:
        if response.status != 200:
            raise self._failure(response, until)
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
        if "json" not in kind:
            raise CannotRead(f"answered {self._clean(kind) or 'untyped data'} where JSON belongs", status=200)
        return _body(response, self._limits.page_bytes, until)

    def _failure(self, response: urllib3.BaseHTTPResponse, until: float) -> CannotRead:
        status = response.status
        if 300 <= status < 400:
            return CannotRead(
                f"answered with a redirect (HTTP {status}), which is not followed", status=status
            )
        message = self._message(response, until)
        if status == 401:
            return CannotRead("unauthorized: the API server did not accept the credentials", status=status)
        if status == 403:
            return CannotRead(
                f"forbidden: {message or 'refused'} (get and list must be granted)", status=status
            )
        again = _retry_after(response) if status in _PASSING else None
        return CannotRead(f"HTTP {status}{message and ': '}{message}", status=status, again=again)

    def _message(self, response: urllib3.BaseHTTPResponse, until: float) -> str:
        # An error's body is worth showing only where it is the API's own; that of a proxy is a page of HTML.
        try:
            status = msgspec.json.decode(_body(response, _ERROR_BYTES, until), type=_ErrorStatus)
        except (CannotRead, exceptions.HTTPError, OSError, ValueError, RecursionError):
            return ""
        return self._clean(status.message or "")

    def _clean(self, text: str) -> str:
        """Text of a server, fit to be shown: printable, short, and without our own credentials."""
        with suppress(AccessError):
            for secret in self._credentials.secrets():
                text = text.replace(secret, "[redacted]")
        words = "".join(c if c.isprintable() else " " for c in text).split()
        shown = " ".join(words)
        return shown if len(shown) <= _REASON_LENGTH else shown[:_REASON_LENGTH] + "..."


def network_reason(error: Exception, seconds: float) -> str:
    """In words why no answer came; texts of libraries with addresses of objects in them are kept out."""
    if isinstance(error, exceptions.ProxyError):
        return f"the proxy did not let us through: {network_reason(error.original_error, seconds)}"
    if isinstance(error, (exceptions.SSLError, ssl.SSLError)):
        return f"TLS failed: {_tls_detail(error)}"
    if isinstance(error, exceptions.NameResolutionError):
        return "the server's name could not be resolved"
    if isinstance(error, exceptions.NewConnectionError):
        return f"connection failed: {getattr(error.__cause__, 'strerror', None) or 'no route'}"
    if isinstance(error, (exceptions.TimeoutError, TimeoutError)):
        return f"no complete answer within {seconds:.3g} s"
    if isinstance(error, exceptions.DecodeError):
        return "the answer's compression is broken"
    return "the connection broke off before the answer was complete"


def _tls_detail(error: Exception) -> str:
    cause: Any = error.args[0] if error.args and isinstance(error.args[0], Exception) else error
    detail = getattr(cause, "verify_message", None) or getattr(cause, "reason", None)
    if isinstance(detail, str) and detail:
        return detail if " " in detail else detail.replace("_", " ").lower()
    return "certificate does not match" if isinstance(cause, ValueError) else "handshake broken off"


def _body(response: urllib3.BaseHTTPResponse, limit: int, until: float) -> bytes:
    # read1 returns after each packet, so that a server which trickles bytes can't outstay the deadline.
    data = bytearray()
    while chunk := response.read1(_CHUNK, decode_content=True):
        data += chunk
        if len(data) > limit:
            raise CannotRead(f"the answer is larger than {limit} bytes", status=response.status)
        if time.monotonic() > until:
            raise CannotRead("the answer took too long", status=response.status)
    return bytes(data)


def _retry_after(response: urllib3.BaseHTTPResponse) -> float:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() and len(value) < 6 else 0.0


def checked_address(server: str) -> str:
    """The server's URL without password, query and final slash. Raises AccessError if it is none."""
    try:
        parts = urlsplit(server if "://" in server else f"https://{server}")
        good = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        good = False
    if not good:
        raise AccessError(
            "the kubeconfig's server is not an http or https address", hint="Correct its `server`."
        )
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))


def _pool(
    access: Access, server: str, environment: Mapping[str, str], context: ssl.SSLContext, connections: int
) -> urllib3.PoolManager:
    options: dict[str, Any] = {"maxsize": connections, "ssl_context": context}
    if access.cluster.tls_server_name:
        options["server_hostname"] = access.cluster.tls_server_name
    if access.cluster.insecure_skip_tls_verify:
        # Asked for in the kubeconfig: a warning for each request would say nothing new.
        urllib3.disable_warnings(exceptions.InsecureRequestWarning)
    proxy = proxy_for(server, access.cluster.proxy_url, environment)
    if not proxy:
        return urllib3.PoolManager(**options)
    try:
        return _proxied(proxy, options)
    except (ValueError, exceptions.HTTPError):
        raise AccessError(
            "the proxy's address is not a URL", hint="Correct proxy-url or HTTPS_PROXY."
        ) from None


def _proxied(proxy: str, options: dict[str, Any]) -> urllib3.PoolManager:
    address = urllib3.util.parse_url(proxy)
    if (address.scheme or "").startswith("socks5"):
        return _socks(proxy, options)
    headers = urllib3.make_headers(proxy_basic_auth=address.auth) if address.auth else None
    return urllib3.ProxyManager(proxy, proxy_headers=headers, **options)


def _socks(proxy: str, options: dict[str, Any]) -> urllib3.PoolManager:
    try:
        from urllib3.contrib.socks import SOCKSProxyManager
    except ImportError:
        raise AccessError(
            "the kubeconfig names a SOCKS proxy", hint="Install PySocks: pip install pysocks."
        ) from None
    return SOCKSProxyManager(proxy.replace("socks5://", "socks5h://", 1), **options)
