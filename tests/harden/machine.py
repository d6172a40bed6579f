"""A small Debian tree that is badly configured, and what can be compared of a tree."""

import contextlib
import hashlib
import os
import stat
from datetime import date
from pathlib import Path

import pytest

from trueline.cli.harden import collected, plan_of
from trueline.cli.progress import progress
from trueline.collect.access import Root
from trueline.harden.apply import Hardener
from trueline.harden.files import Files
from trueline.harden.programs import Programs

NOW = "2026-11-21T05:00:00Z"
TODAY = (date.today() - date(1970, 1, 1)).days

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="SKIPPED: only root may change owners of a tree")

FILES = {
    "/etc/os-release": 'ID=debian\nVERSION_ID="12"\nNAME="Debian GNU/Linux"\nPRETTY_NAME="Debian 12"\n',
    "/etc/passwd": "root:x:0:0::/root:/bin/bash\ndaemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n"
    "games:x:5:60::/usr/games:/bin/sh\nanna:x:1000:1000::/home/anna:/bin/bash\n",
    "/etc/group": "root:x:0:\nshadow:x:42:\nsudo:x:27:anna\nanna:x:1000:\n",
    "/etc/shadow": f"root:*:{TODAY}:0:99999:7:::\nanna:$y$j9T$salt$secretsecretsecret:{TODAY}:0:99999:7:::\n",
    "/etc/gshadow": "root:*::\nsudo:*::anna\n",
    "/etc/login.defs": "# ages\nPASS_MAX_DAYS\t99999\nPASS_MIN_DAYS\t0\nUMASK 022\n\nUID_MIN 1000\n",
    "/etc/default/useradd": "SHELL=/bin/sh\n",
    "/etc/fstab": "/dev/vda1 / ext4 defaults 0 1\n/dev/vda2 /home ext4 defaults 0 2\n",
    "/etc/crontab": "17 * * * * root run-parts /etc/cron.hourly\n",
    "/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\n#Port 22\nX11Forwarding yes\n"
    "UsePAM yes\nMaxAuthTries 6\n\nMatch User backup\n    X11Forwarding no\n",
    "/etc/pam.d/common-auth": "auth [success=1 default=ignore] pam_unix.so nullok\n"
    "auth requisite pam_deny.so\n",
    "/etc/pam.d/common-account": "account required pam_unix.so\n",
    "/etc/pam.d/common-password": "password requisite pam_pwquality.so retry=3\n"
    "password [success=1 default=ignore] pam_unix.so obscure use_authtok yescrypt\n"
    "password requisite pam_deny.so\n",
    "/etc/pam.d/common-session": "session required pam_unix.so\n",
    "/etc/security/pwquality.conf": "# minlen = 8\nminlen = 8\n",
    "/etc/security/limits.conf": "# nothing\n",
    "/etc/modprobe.d/other.conf": "options foo bar=1\n",
    "/etc/sysctl.d/99-sysctl.conf": "net.ipv4.conf.all.accept_redirects = 1\n",
    "/etc/systemd/journald.conf": "[Journal]\n#Storage=auto\n",
    "/etc/systemd/system/keep": "",
    "/usr/lib/systemd/system/avahi-daemon.service": "[Service]\nExecStart=/usr/sbin/avahi-daemon\n"
    "[Install]\nWantedBy=multi-user.target\nAlias=dbus-org.freedesktop.Avahi.service\n",
    "/usr/lib/systemd/system/multi-user.target": "[Unit]\nDescription=Multi-User\n",
    "/usr/lib/systemd/systemd": "",
    "/home/anna/.profile": "umask 022\n",
    "/root/.profile": "",
    "/var/lib/dpkg/status": "Package: avahi-daemon\nStatus: install ok installed\nVersion: 0.8-10\n"
    "Architecture: amd64\n\nPackage: openssh-server\nStatus: install ok installed\nVersion: 1:9.2\n"
    "Architecture: amd64\n",
    "/var/log/keep": "",
    "/proc/keep": "",
}
MODES = {"/etc/shadow": 0o640, "/etc/gshadow": 0o666, "/usr/lib/systemd/systemd": 0o755}


def build(root: Path) -> Path:
    """The tree below `root`."""
    for path, content in FILES.items():
        file = root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        file.chmod(MODES.get(path, 0o644))
        os.utime(file, (1_700_000_000, 1_700_000_000))
    units = root / "etc/systemd/system"
    (units / "multi-user.target.wants").mkdir()
    (units / "multi-user.target.wants/avahi-daemon.service").symlink_to(
        "/usr/lib/systemd/system/avahi-daemon.service"
    )
    (units / "dbus-org.freedesktop.Avahi.service").symlink_to("/usr/lib/systemd/system/avahi-daemon.service")
    os.chown(root / "etc/shadow", 0, 42)
    os.chown(root / "etc/crontab", 1000, 1000)
    (root / "usr/games").mkdir()
    os.chown(root / "usr/games", 5, 60)
    (root / "home/anna").chmod(0o755)
    os.chown(root / "home/anna", 1000, 1000)
    with contextlib.suppress(OSError):  # not every file system has them
        os.setxattr(root / "etc/login.defs", "user.note", b"kept")
    return root


def plan(root: Path, level: int = 1, only: tuple[str, ...] = (), benchmark="cis-debian-12", user: str = ""):
    """The plan for a tree."""
    with progress(wanted=False) as shown:
        return plan_of(collected(str(root), shown), benchmark, level, only, (), user)


def hardener(root: Path) -> Hardener:
    """What applies plans to it."""
    place = Root(str(root))
    return Hardener(Files(place), Programs(place), NOW)


def tree(root: Path) -> dict[str, tuple]:
    """All that is promised to come back: kind, mode, owner, content, time of change, attributes."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            key = f"/{path.relative_to(root)}"
            if not key.startswith("/var/lib/trueline"):
                found[key] = _facts(path)
    return found


def _facts(path: Path) -> tuple:
    status = path.lstat()
    link = stat.S_ISLNK(status.st_mode)
    content = (
        str(path.readlink())
        if link
        else hashlib.sha256(path.read_bytes()).hexdigest()
        if stat.S_ISREG(status.st_mode)
        else ""
    )
    names = () if link else os.listxattr(path)
    attributes = {name: os.getxattr(path, name) for name in names}
    changed = status.st_mtime_ns if stat.S_ISREG(status.st_mode) else 0
    mode = 0 if link else status.st_mode
    return (stat.S_IFMT(status.st_mode), mode, status.st_uid, status.st_gid, content, changed, attributes)


def without_times(found: dict[str, tuple]) -> dict[str, tuple]:
    """The tree but for the times at which files changed."""
    return {path: (*facts[:5], facts[6]) for path, facts in found.items()}
