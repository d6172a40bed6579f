"""An API server for tests and benchmarks: plays recorded objects, and misbehaves where it is told to."""

import base64
import gzip
import json
import ssl
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.collect.apifaults import KINDS, Faults
from tests.collect.pki import Pki, pki

DATA = Path(__file__).parent.parent / "data" / "api"
TOKEN = "tok-3b1f9d2c7a"
BASIC = "auditor:pass-77aa"

Objects = Mapping[str, Sequence[Any]]


def recorded(directory: Path = DATA) -> dict[str, list[Any]]:
    """The recorded objects by resource, as a list of the API has them: without kind and apiVersion."""
    found = {name: directory / f"{name}.json" for name in KINDS}
    lists = {name: json.loads(path.read_text())["items"] for name, path in found.items() if path.exists()}
    bare = ("kind", "apiVersion")
    return {
        name: [{k: v for k, v in o.items() if k not in bare} for o in items] for name, items in lists.items()
    }


class ApiServer(ThreadingHTTPServer):
    """What the handler answers from; `asked` has a (method, path with query) for each request."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, objects: Objects, faults: Mapping[str, str], served: Mapping[str, str | None]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults = dict(faults)
        self.served = {name: served.get(name, "v1") for name in KINDS}
        self.items = {name: [_encoded(o) for o in objects.get(name, ())] for name in KINDS}
        self.version = (DATA / "version.json").read_bytes()
        self.tokens = {TOKEN}
        self.asked: list[tuple[str, str]] = []
        self.headers_seen: list[Any] = []
        self.stopping = threading.Event()
        self.once: set[str] = set()
        self.compress = True
        self.context: ssl.SSLContext | None = None
        self.address = ""
        self.pki: Pki = pki()

    def finish_request(self, request: Any, client_address: Any) -> None:
        connection = self.context.wrap_socket(request, server_side=True) if self.context else request
        with connection:
            super().finish_request(connection, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are what some tests are about."""

    def kubeconfig(self, folder: Path, *, user: Any = None, cluster: Any = None, name: str = "config") -> str:
        """Writes a kubeconfig for this server; parts replace those of a plain token user."""
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "test-cluster", "user": "someone"}}],
            "clusters": [{"name": "test-cluster", "cluster": {**self.cluster(), **(cluster or {})}}],
            "users": [{"name": "someone", "user": {"token": TOKEN} if user is None else user}],
        }
        path = folder / name
        path.write_text(yaml.safe_dump(document))
        return str(path)

    def cluster(self) -> dict[str, str]:
        known = {"server": self.address}
        return (
            {**known, "certificate-authority-data": self.pki.authority.certificate_data}
            if self.context
            else known
        )


@contextmanager
def serve(
    objects: Objects | None = None,
    *,
    faults: Mapping[str, str] | None = None,
    served: Mapping[str, str | None] | None = None,
    tls: bool = True,
) -> Iterator[ApiServer]:
    """A running server. `faults`: resource (or "version", "*") to the name of a fault of `Handler`.

    `served`: resource to the version that has it, None where no version has.
    """
    server = ApiServer(recorded() if objects is None else objects, faults or {}, served or {})
    server.context = _context(server.pki) if tls else None
    server.address = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()


def _context(pki: Pki) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(pki.server.certificate + pki.server.key)
        file.flush()
        context.load_cert_chain(file.name)
    context.load_verify_locations(cadata=pki.authority.certificate.decode())
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


def _encoded(item: Any) -> bytes:
    return item if isinstance(item, bytes) else json.dumps(item, separators=(",", ":")).encode()


class Handler(Faults, BaseHTTPRequestHandler):
    """One connection; its faults are the methods of `Faults` named fault_*."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ApiServer

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal."""

    def handle(self) -> None:
        with suppress(OSError):
            super().handle()

    def do_POST(self) -> None:
        self.server.asked.append((self.command, self.path))
        self.status(405, "read-only, please")

    do_PUT = do_PATCH = do_DELETE = do_HEAD = do_POST  # noqa: N815

    def do_GET(self) -> None:
        self.server.asked.append(("GET", self.path))
        self.server.headers_seen.append(self.headers)
        path = urlsplit(self.path).path
        if not self.known():
            return self.status(401, "Unauthorized")
        name = path.rpartition("/")[2]
        fault = self.server.faults.get(name) or self.server.faults.get("*")
        if fault and getattr(self, "fault_" + fault.replace("-", "_"))(name):
            return None
        return self.plain(path, name)

    def known(self) -> bool:
        peer = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        kind, _, secret = self.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            return base64.b64decode(secret).decode() == BASIC
        return secret in self.server.tokens if kind else bool(peer)

    def plain(self, path: str, name: str) -> None:
        if path == "/version":
            return self.json(self.server.version)
        if path == "/apis":
            return self.discover_groups()
        if path.startswith("/apis/") and path.count("/") == 3:
            return self.discover(*path.split("/")[2:])
        group, kind = KINDS.get(name, ("", ""))
        version = self.server.served.get(name)
        base = f"/apis/{group}" if group else "/api"
        if not kind or version is None or path != f"{base}/{version}/{name}":
            return self.status(404, "the server could not find the requested resource")
        return self.page(kind, self.server.items[name])

    def discover_groups(self) -> None:
        groups = {group for name, (group, _) in KINDS.items() if group and self.server.served[name]}
        versions = {
            g: sorted({v for n, v in self.server.served.items() if v and KINDS[n][0] == g}) for g in groups
        }
        listed = [{"name": g, "versions": [{"version": v} for v in versions[g]]} for g in sorted(groups)]
        self.json({"kind": "APIGroupList", "groups": listed})

    def discover(self, group: str, version: str) -> None:
        names = [n for n, v in self.server.served.items() if v == version and KINDS[n][0] == group]
        self.json({"kind": "APIResourceList", "resources": [{"name": n} for n in names]})

    def page(self, kind: str, items: Sequence[bytes]) -> None:
        query = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
        start = int(base64.b64decode(query.get("continue", "MA==")))
        end = start + int(query.get("limit") or len(items) or 1)
        token = base64.b64encode(str(end).encode()).decode() if end < len(items) else ""
        self.list(kind, items[start:end], token)

    def list(self, kind: str, items: Sequence[bytes], token: str = "") -> None:
        meta = json.dumps(
            {"resourceVersion": "17", "continue": token} if token else {"resourceVersion": "17"}
        )
        head = f'{{"kind":"{kind}List","apiVersion":"v1","metadata":{meta},"items":['
        self.json(head.encode() + b",".join(items) + b"]}\n")

    def json(self, body: Any, code: int = 200, **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        if (
            "gzip" in self.headers.get("Accept-Encoding", "")
            and len(data) > 128 * 1024
            and self.server.compress
        ):
            data = gzip.compress(data, 1)
            headers["Content-Encoding"] = "gzip"
        self.answer(code, {"Content-Type": "application/json", **headers}, data)

    def answer(
        self, code: int, headers: Mapping[str, str], data: bytes = b"", length: int | None = None
    ) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        self.wfile.write(data)

    def status(self, code: int, message: str, **headers: str) -> bool:
        self.json({"kind": "Status", "status": "Failure", "message": message, "code": code}, code, **headers)
        return True

    def first(self) -> bool:
        """Whether this is the first time that a fault strikes this path."""
        path = urlsplit(self.path).path
        fresh = path not in self.server.once
        self.server.once.add(path)
        return fresh

    def kind(self, name: str) -> str:
        return KINDS[name][1]
