"""Collects network interfaces and listening sockets from the kernel's files."""

import ipaddress
import re
import sys

from trueline.collect.linux.reader import Reader
from trueline.model.known import Absent, Unavailable
from trueline.model.linux_access import Interface, Listener

_PROTOCOLS = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}
_SOCKET = re.compile(r"socket:\[(\d+)\]$")
_INTERFACES_LIMIT = 2_000
_LISTENERS_LIMIT = 5_000
_PROCESSES_LIMIT = 5_000
_FILES_LIMIT = 4_096


def collect_interfaces(reader: Reader) -> tuple[Interface, ...] | Unavailable:
    """All interfaces of the network namespace, the wireless ones known by their own directory."""
    names = reader.root.listdir("/sys/class/net")
    if isinstance(names, Absent):
        return Unavailable(kind="not-mounted", reason="there is no /sys/class/net below the root")
    if isinstance(names, Unavailable):
        return names
    return tuple(_interface(reader, name) for name in names[:_INTERFACES_LIMIT])


def collect_listeners(reader: Reader) -> tuple[Listener, ...] | Unavailable:
    """Sockets of the namespace of the machine's first process that take connections or datagrams."""
    base = "/proc/1/net"
    if reader.root.path == "/" and not isinstance(reader.lines(f"{base}/tcp"), tuple):
        base = "/proc/self/net"
    found: list[tuple[Listener, str]] = []
    for protocol in _PROTOCOLS:
        lines = reader.lines(f"{base}/{protocol}")
        if isinstance(lines, Unavailable):
            return lines
        if isinstance(lines, Absent) and not protocol.endswith("6"):
            return Unavailable(kind="not-mounted", reason="no sockets are visible below the root")
        found += parse_sockets(protocol, lines if isinstance(lines, tuple) else ())
    programs = _programs(reader, {inode for _, inode in found})
    return tuple(
        Listener(
            protocol=listener.protocol,
            address=listener.address,
            port=listener.port,
            uid=listener.uid,
            program=programs.get(inode, ""),
        )
        for listener, inode in found[:_LISTENERS_LIMIT]
    )


def parse_sockets(protocol: str, lines: tuple[str, ...]) -> list[tuple[Listener, str]]:
    """Listening sockets of a table of /proc/net, with their inodes."""
    found = []
    for line in lines[1:]:
        fields = line.split()
        if len(fields) < 10 or fields[3] != _PROTOCOLS[protocol]:
            continue
        host, _, port = fields[1].partition(":")
        remote = fields[2].rpartition(":")[2]
        try:
            address, number, uid = _address(host), int(port, 16), int(fields[7])
        except ValueError:
            continue
        if number and (protocol.startswith("tcp") or remote == "0000"):
            found.append((Listener(protocol=protocol, address=address, port=number, uid=uid), fields[9]))
    return found


def _address(text: str) -> str:
    """An address that the kernel writes as 32-bit numbers in the machine's byte order."""
    raw = bytes.fromhex(text)
    if len(raw) not in {4, 16}:
        raise ValueError("not an address")
    step = -1 if sys.byteorder == "little" else 1
    turned = b"".join(raw[index : index + 4][::step] for index in range(0, len(raw), 4))
    return str(ipaddress.ip_address(turned))


def _interface(reader: Reader, name: str) -> Interface:
    base = f"/sys/class/net/{name}"
    wireless = reader.root.exists(f"{base}/wireless") or reader.root.exists(f"{base}/phy80211")
    driver = reader.root.readlink(f"{base}/device/driver/module")
    if not isinstance(driver, str):
        driver = reader.root.readlink(f"{base}/device/driver")
    return Interface(
        name=name, wireless=wireless, driver=driver.rpartition("/")[2] if isinstance(driver, str) else ""
    )


def _programs(reader: Reader, inodes: set[str]) -> dict[str, str]:
    """Names of processes by the inodes of their sockets, as far as this user may see them."""
    found: dict[str, str] = {}
    names = reader.root.listdir("/proc") if inodes else ()
    pids = [name for name in names if name.isdigit()] if isinstance(names, tuple) else []
    for pid in pids[:_PROCESSES_LIMIT]:
        files = reader.root.listdir(f"/proc/{pid}/fd")
        for file in files[:_FILES_LIMIT] if isinstance(files, tuple) else ():
            target = reader.root.readlink(f"/proc/{pid}/fd/{file}")
            socket = _SOCKET.match(target) if isinstance(target, str) else None
            if socket and socket[1] in inodes and socket[1] not in found:
                comm = reader.root.read(f"/proc/{pid}/comm")
                found[socket[1]] = comm.decode("utf-8", "replace").strip() if isinstance(comm, bytes) else ""
        if len(found) == len(inodes):
            break
    return found
