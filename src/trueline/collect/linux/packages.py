"""Collects the installed packages from dpkg's database or rpm's."""

from collections.abc import Iterator

from trueline.collect.linux.reader import Reader
from trueline.collect.programs import Programs
from trueline.model.known import Absent, Unavailable
from trueline.model.linux_system import Package, Packages

_STATUS = "/var/lib/dpkg/status"
_STATUS_LIMIT = 64 * 1024 * 1024
RPM_DIRECTORIES = ("/usr/lib/sysimage/rpm", "/var/lib/rpm")
_RPM_FILES = ("rpmdb.sqlite", "Packages.db", "Packages")
_PACKAGES_LIMIT = 100_000


def collect_packages(reader: Reader, programs: Programs) -> Packages | Absent | Unavailable:
    """The packages of the system's own manager: dpkg's where it has any, else rpm's."""
    content = reader.root.read(_STATUS, _STATUS_LIMIT)
    status_d = reader.root.listdir("/var/lib/dpkg/status.d")
    if isinstance(content, bytes):
        found = parse_dpkg(content)
        if found:
            return Packages(manager="dpkg", installed=tuple(found))
    if isinstance(status_d, tuple):
        return _distroless(reader, status_d)
    rpm = _rpm(reader, programs)
    if isinstance(rpm, Absent) and isinstance(content, Unavailable):
        return content
    return rpm


def parse_dpkg(content: bytes) -> list[Package]:
    """Packages of a dpkg status file that are installed; removed and half-installed ones are left out."""
    packages = []
    for fields in _stanzas(content):
        state = fields.get(b"Status", b"").split()
        if len(state) == 3 and state[1:] == [b"ok", b"installed"] and fields.get(b"Package"):
            packages.append(_package(fields))
    return sorted(packages[:_PACKAGES_LIMIT], key=lambda package: (package.name, package.version))


def _stanzas(content: bytes) -> Iterator[dict[bytes, bytes]]:
    wanted = (b"Package:", b"Status:", b"Version:", b"Architecture:")
    fields: dict[bytes, bytes] = {}
    for line in content.split(b"\n"):
        if line.startswith(wanted):
            name, _, value = line.partition(b":")
            fields.setdefault(name, value.strip())
        elif not line.strip() and fields:
            yield fields
            fields = {}
    if fields:
        yield fields


def _package(fields: dict[bytes, bytes]) -> Package:
    def text(name: bytes) -> str:
        return fields.get(name, b"").decode("utf-8", "replace")

    return Package(name=text(b"Package"), version=text(b"Version"), architecture=text(b"Architecture"))


def _distroless(reader: Reader, names: tuple[str, ...]) -> Packages:
    """Images without dpkg keep one stanza per file."""
    packages = []
    for name in names:
        content = reader.root.read(f"/var/lib/dpkg/status.d/{name}")
        if isinstance(content, bytes) and not name.endswith(".md5sums"):
            packages += [_package(fields) for fields in _stanzas(content) if b"Package" in fields]
    return Packages(manager="dpkg", installed=tuple(sorted(packages, key=lambda package: package.name)))


def _rpm(reader: Reader, programs: Programs) -> Packages | Absent | Unavailable:
    for directory in RPM_DIRECTORIES:
        for name in _RPM_FILES:
            path = f"{directory}/{name}"
            meta = reader.root.meta(path)
            if isinstance(meta, Unavailable):
                return meta
            if not isinstance(meta, Absent) and (name != "Packages" or meta.size):
                return _rpm_database(reader, programs, path)
    return Absent()


def _rpm_database(reader: Reader, programs: Programs, path: str) -> Packages | Unavailable:
    found: list[Package] | Unavailable
    if path.endswith(".sqlite"):
        from trueline.collect.linux.rpmdb import read_rpmdb

        found = read_rpmdb(reader.root, path)
    elif path.endswith("/Packages"):
        from trueline.collect.linux.rpmbdb import read_rpmbdb

        found = read_rpmbdb(reader.root, path)
    else:
        found = Unavailable(kind="invalid", reason="a format that is not read")
    if isinstance(found, Unavailable) and not path.endswith(".sqlite"):
        found = _asked(programs, path)
    if isinstance(found, Unavailable):
        return found
    ordered = sorted(found, key=lambda package: (package.name, package.version))
    return Packages(manager="rpm", installed=tuple(ordered[:_PACKAGES_LIMIT]))


def _asked(programs: Programs, path: str) -> list[Package] | Unavailable:
    """What could not be read here rpm is asked for, on the running system only."""
    output = programs.run("rpm")
    if isinstance(output, Unavailable):
        return Unavailable(kind=output.kind, reason=f"{path} can only be read by rpm: {output.reason}")
    packages = []
    for line in output.splitlines():
        words = line.split("\t")
        if len(words) == 3 and words[0] != "gpg-pubkey":
            packages.append(
                Package(name=words[0], version=words[1].removeprefix("0:"), architecture=words[2])
            )
    return packages
