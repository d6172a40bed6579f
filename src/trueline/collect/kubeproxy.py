"""Chooses the proxy for an API server as kubectl does: the kubeconfig's own, else that of the environment."""

import ipaddress
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit


def proxy_for(server: str, own: str, environment: Mapping[str, str]) -> str:
    """The proxy's URL, empty for none."""
    if own:
        return own
    address = urlsplit(server)
    host = address.hostname or ""
    port = address.port or (443 if address.scheme == "https" else 80)
    if _is_local(host) or _excepted(host, port, _variable(environment, "NO_PROXY")):
        return ""
    found = _variable(environment, f"{address.scheme.upper()}_PROXY")
    return found if not found or "://" in found else f"http://{found}"


def _variable(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name) or environment.get(name.lower(), "")


def _is_local(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    with suppress(ValueError):
        return ipaddress.ip_address(host)
    return None


def _excepted(host: str, port: int, entries: str) -> bool:
    return any(_matches(host, port, entry.strip().lower()) for entry in entries.split(",") if entry.strip())


def _matches(host: str, port: int, entry: str) -> bool:
    address = _address(host)
    if entry == "*":
        return True
    if address is not None and "/" in entry:
        with suppress(ValueError):
            return address in ipaddress.ip_network(entry, strict=False)
    name, _, wanted = entry.rpartition(":") if entry.count(":") == 1 else (entry, "", "")
    if wanted and wanted != str(port):
        return False
    if address is not None:
        return _address(name.strip("[]")) == address
    bare = name.removeprefix("*").removeprefix(".")
    return host.endswith(f".{bare}") or (host == bare and not name.startswith((".", "*.")))
