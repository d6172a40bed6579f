"""An AlmaLinux 9 below a directory, with a real rpm database, as it should be and as it should not."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

PACKAGES = [
    "aide",
    "at",
    "audit",
    "audit-libs",
    "authselect",
    "chrony",
    "cronie",
    "firewalld",
    "libpwquality",
    "libselinux",
    "nftables",
    "openssh-server",
    "pam",
    "postfix",
    "rsyslog",
    "sudo",
    "systemd",
    "systemd-journal-remote",
]
UNWANTED = ["setroubleshoot", "mcstrans", "telnet", "tftp", "ftp", "ypbind", "xorg-x11-server-common"]
FAILLOCK = (
    "auth required pam_faillock.so preauth silent\n"
    "auth sufficient pam_unix.so\n"
    "auth required pam_faillock.so authfail\n"
    "auth required pam_deny.so\n"
    "account required pam_faillock.so\n"
    "account required pam_unix.so\n"
)
STACK = (
    f"{FAILLOCK}"
    "password requisite pam_pwquality.so local_users_only\n"
    "password requisite pam_pwhistory.so remember=24 enforce_for_root use_authtok\n"
    "password sufficient pam_unix.so sha512 shadow use_authtok\n"
    "password required pam_deny.so\n"
    "session required pam_limits.so\n"
    "session required pam_unix.so\n"
)
WEAK_STACK = (
    "auth sufficient pam_unix.so nullok\nauth required pam_deny.so\naccount required pam_unix.so\n"
    "password sufficient pam_unix.so md5 shadow nullok remember=5\nsession required pam_unix.so\n"
)
SSHD = (
    "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin no\nMaxAuthTries 4\nBanner /etc/issue.net\n"
    "ClientAliveInterval 300\nClientAliveCountMax 3\nLoginGraceTime 60\nMaxStartups 10:30:60\n"
    "AllowGroups admins\nDisableForwarding yes\nGSSAPIAuthentication no\n"
)
POLICY = (
    "# Policy DEFAULT:NO-SHA1 dump\n"
    "cipher = AES-256-GCM AES-256-CTR AES-256-CBC\n"
    "hash = SHA2-256 SHA2-512\nmac = AEAD HMAC-SHA2-256 UMAC-128\n"
    "sign = ECDSA-SHA2-256 RSA-SHA2-512\nsha1_in_certs = 0\n"
    "cipher@libssh = AES-256-GCM AES-256-CTR\n"
    "cipher@openssh-client = AES-256-GCM AES-256-CTR\n"
    "cipher@openssh-server = AES-256-GCM AES-256-CTR\n"
)
BACKEND = (
    "Ciphers aes256-gcm@openssh.com,aes256-ctr\nMACs hmac-sha2-256-etm@openssh.com,hmac-sha2-512\n"
    "KexAlgorithms curve25519-sha256,ecdh-sha2-nistp256\n"
)
OS_RELEASE = 'NAME="AlmaLinux"\nVERSION="9.5 (Teal Serval)"\nID="almalinux"\nVERSION_ID="9.5"\n'

UNIT = "[Service]\nExecStart=/usr/sbin/a\n[Install]\nWantedBy=multi-user.target\n"
RUNNING = ["sshd", "crond", "rsyslog", "auditd", "firewalld", "chronyd"]
UNITS = "/usr/lib/systemd/system"
WANTS = "/etc/systemd/system/multi-user.target.wants"
# Path: text and mode; "-> " in front of the text makes a link.
SOUND: dict[str, tuple[str, int]] = {
    "/etc/os-release": (OS_RELEASE, 0o644),
    "/etc/passwd": (
        (
            "root:x:0:0:root:/root:/bin/bash\noperator:x:11:0:operator:/root:/sbin/nologin\n"
            "sshd:x:74:74::/usr/share/empty.sshd:/sbin/nologin\nalice:x:1000:1000::/home/alice:/bin/bash\n"
        ),
        0o644,
    ),
    "/etc/group": ("root:x:0:\nsshd:x:74:\nadmins:x:991:alice\nsugroup:x:990:\nalice:x:1000:\n", 0o644),
    "/etc/shadow": (
        (
            "root:$6$a$b:20000:1:365:7:30::\noperator:*:19000:0:99999:7:::\nsshd:!!:19000::::::\n"
            "alice:$6$a$b:20000:1:365:7:30::\n"
        ),
        0,
    ),
    "/etc/gshadow": ("root:::\n", 0),
    "/etc/shells": ("/bin/sh\n/bin/bash\n/usr/bin/bash\n", 0o644),
    "/etc/login.defs": (
        "PASS_MAX_DAYS 365\nPASS_MIN_DAYS 1\nPASS_WARN_AGE 7\nUMASK 027\nENCRYPT_METHOD SHA512\n",
        0o644,
    ),
    "/etc/default/useradd": ("INACTIVE=30\n", 0o644),
    "/etc/libuser.conf": ("[defaults]\ncrypt_style = sha512\n", 0o644),
    "/etc/profile.d/site.sh": ("umask 027\nreadonly TMOUT=900\nexport TMOUT\n", 0o644),
    "/etc/profile": ("pathmunge () {\n PATH=$1:$PATH\n}\npathmunge /usr/sbin\n", 0o644),
    "/etc/dnf/dnf.conf": ("[main]\ngpgcheck=1\n", 0o644),
    "/etc/yum.repos.d/base.repo": ("[baseos]\nenabled=1\ngpgcheck=1\n", 0o644),
    "/etc/selinux/config": ("SELINUX=enforcing\nSELINUXTYPE=targeted\n", 0o644),
    "/etc/systemd/coredump.conf": ("[Coredump]\nStorage=none\nProcessSizeMax=0\n", 0o644),
    "/etc/crypto-policies/config": ("DEFAULT:NO-SHA1\n", 0o644),
    "/etc/crypto-policies/state/CURRENT.pol": (POLICY, 0o644),
    "/etc/crypto-policies/back-ends/opensshserver.config": ("-> /usr/share/crypto/opensshserver.txt", 0),
    "/usr/share/crypto/opensshserver.txt": (BACKEND, 0o644),
    "/etc/ssh/sshd_config": (SSHD, 0o600),
    "/etc/ssh/sshd_config.d/50-redhat.conf": (
        "Include /etc/crypto-policies/back-ends/opensshserver.config\nSyslogFacility AUTHPRIV\nUsePAM yes\n",
        0o600,
    ),
    "/etc/ssh/ssh_host_ed25519_key": ("a key\n", 0o600),
    "/etc/sudoers": ('Defaults use_pty\nDefaults logfile="/var/log/sudo.log"\nroot ALL=(ALL) ALL\n', 0o440),
    "/etc/authselect/authselect.conf": ("custom/site\nwith-faillock\n", 0o644),
    "/etc/authselect/custom/site/system-auth": (STACK, 0o644),
    "/etc/authselect/custom/site/password-auth": (STACK, 0o644),
    "/etc/pam.d/system-auth": ("-> /etc/authselect/system-auth", 0),
    "/etc/pam.d/password-auth": ("-> /etc/authselect/password-auth", 0),
    "/etc/authselect/system-auth": (STACK, 0o644),
    "/etc/authselect/password-auth": (STACK, 0o644),
    "/etc/pam.d/su": (
        "auth sufficient pam_rootok.so\nauth required pam_wheel.so use_uid group=sugroup\n",
        0o644,
    ),
    "/etc/security/faillock.conf": ("deny = 5\nunlock_time = 900\neven_deny_root\n", 0o644),
    "/etc/security/pwquality.conf": (
        "difok = 2\nminlen = 14\nmaxrepeat = 3\nmaxsequence = 3\nenforce_for_root\n",
        0o644,
    ),
    "/etc/rsyslog.conf": ('module(load="imjournal")\n$FileCreateMode 0640\n', 0o644),
    "/etc/systemd/journald.conf": (
        "[Journal]\nForwardToSyslog=yes\nStorage=persistent\nCompress=yes\n",
        0o644,
    ),
    "/etc/audit/auditd.conf": (
        (
            "max_log_file = 8\nmax_log_file_action = KEEP_LOGS\nspace_left_action = EMAIL\n"
            "action_mail_acct = root\nadmin_space_left_action = SINGLE\n"
            "disk_full_action = HALT\ndisk_error_action = SYSLOG\n"
        ),
        0o640,
    ),
    "/etc/chrony.conf": ("pool 2.almalinux.pool.ntp.org iburst\n", 0o644),
    "/etc/sysconfig/chronyd": ('OPTIONS="-F 2 -u chrony"\n', 0o644),
    "/etc/sysconfig/sshd": ("OPTIONS=-u0\n", 0o640),
    "/etc/cron.allow": ("root\n", 0o640),
    "/etc/at.allow": ("root\n", 0o640),
    "/boot/grub2/user.cfg": ("GRUB2_PASSWORD=grub.pbkdf2.sha512.10000.AA.BB\n", 0o600),
    "/boot/grub2/grub.cfg": (
        'set superusers="root"\npassword_pbkdf2 root ${GRUB2_PASSWORD}\nblscfg\n',
        0o600,
    ),
    "/boot/grub2/grubenv": ("kernelopts=root=/dev/sda1 ro\n", 0o600),
    "/boot/loader/entries/a.conf": (
        "title AlmaLinux\nlinux /vmlinuz-5.14\noptions $kernelopts audit=1 audit_backlog_limit=8192\n",
        0o644,
    ),
    "/etc/aide.conf": ("Full = p+i+n+u+g+s+b+X+H\n!/usr/src\n/usr/sbin Full\n", 0o600),
    "/var/lib/aide/aide.db.gz": ("a database\n", 0o600),
    "/etc/issue": ("Authorized uses only.\n", 0o644),
    "/etc/issue.net": ("Authorized uses only.\n", 0o644),
    "/etc/crontab": ("05 4 * * * root /usr/sbin/aide --check\n", 0o600),
    "/etc/audit/rules.d/a.rules": ("-w /etc/sudoers -p wa -k scope\n-e 2\n", 0o640),
    "/var/log/audit/audit.log": ("type=LOGIN\n", 0o600),
    "/usr/sbin/auditctl": ("a program\n", 0o755),
    "/sbin": ("-> usr/sbin", 0),
    **{f"{UNITS}/{name}.service": (UNIT, 0o644) for name in RUNNING},
    **{f"{WANTS}/{name}.service": (f"-> {UNITS}/{name}.service", 0) for name in RUNNING},
}
WRONG: dict[str, tuple[str, int]] = {
    "/etc/group": ("root:x:0:\ntoor:x:0:\nsugroup:x:990:alice\nalice:x:1000:\n", 0o644),
    "/etc/passwd": (
        (
            "root:x:0:0:root:/root:/bin/bash\neve:x:1001:0::/home/alice:/opt/shell\n"
            "alice:x:1000:1000::/home/alice:/bin/bash\n"
        ),
        0o666,
    ),
    "/etc/shadow": ("root::20000:0:99999:7:::\neve:$6$a$b:20000::99999::::\n", 0o644),
    "/etc/login.defs": ("PASS_MAX_DAYS 99999\nPASS_MIN_DAYS 0\nENCRYPT_METHOD MD5\n", 0o644),
    "/etc/profile.d/path.sh": ("pathmunge .\n", 0o644),
    "/etc/aide.conf": ("/usr/sbin p+sha256\n", 0o600),
    "/etc/libuser.conf": ("[defaults]\ncrypt_style = md5\n", 0o644),
    "/etc/profile.d/site.sh": ("umask 002\nTMOUT=0\n", 0o644),
    "/etc/yum.repos.d/base.repo": ("[baseos]\nenabled=1\ngpgcheck=0\n", 0o644),
    "/etc/selinux/config": ("SELINUX=disabled\nSELINUXTYPE=none\n", 0o644),
    "/etc/systemd/coredump.conf": ("[Coredump]\nStorage=external\n", 0o644),
    "/etc/crypto-policies/config": ("LEGACY\n", 0o644),
    "/etc/crypto-policies/state/CURRENT.pol": (
        (
            "cipher = AES-256-GCM AES-128-CBC\nhash = SHA2-256 SHA1\nmac = HMAC-SHA1 UMAC-64\n"
            "sign = RSA-SHA1\nsha1_in_certs = 1\n"
        ),
        0o644,
    ),
    "/usr/share/crypto/opensshserver.txt": (
        (
            "Ciphers aes128-ctr,aes128-cbc\nMACs hmac-md5,umac-64@openssh.com\n"
            "KexAlgorithms diffie-hellman-group14-sha1\n"
        ),
        0o644,
    ),
    "/etc/ssh/sshd_config": (
        "Include sshd_config.d/*.conf\nPermitRootLogin yes\nMaxStartups 99\nGSSAPIAuthentication yes\n",
        0o644,
    ),
    "/etc/ssh/ssh_host_ed25519_key": ("a key\n", 0o644),
    "/etc/sudoers": ("Defaults !authenticate\nroot ALL=(ALL) NOPASSWD: ALL\n", 0o440),
    "/etc/authselect/authselect.conf": ("custom/gone\n", 0o644),
    "/etc/authselect/system-auth": (WEAK_STACK, 0o644),
    "/etc/pam.d/su": (
        "auth sufficient pam_rootok.so\nauth required pam_wheel.so use_uid group=sugroup\n",
        0o644,
    ),
    "/etc/security/pwquality.conf": ("minlen = 8\ndictcheck = 0\n", 0o644),
    "/etc/rsyslog.conf": ('module(load="imtcp")\n$FileCreateMode 0644\n', 0o644),
    "/etc/audit/auditd.conf": ("max_log_file = 8\nmax_log_file_action = ROTATE\n", 0o644),
    "/etc/sysconfig/chronyd": ('OPTIONS="-u root"\n', 0o644),
    "/etc/sysconfig/sshd": ("CRYPTO_POLICY=\n", 0o640),
    "/etc/cron.deny": ("bob\n", 0o640),
    f"{WANTS}/telnet.socket": (f"-> {UNITS}/telnet.socket", 0),
    f"{UNITS}/telnet.socket": ("[Install]\nWantedBy=multi-user.target\n", 0o644),
    f"{UNITS}/named-chroot.service": (UNIT, 0o644),
    "/etc/systemd/system/multi-user.target.wants/named-chroot.service": (
        f"-> {UNITS}/named-chroot.service",
        0,
    ),
    "/var/log/audit/audit.log": ("type=LOGIN\n", 0o644),
    "/usr/sbin/auditctl": ("a program\n", 0o777),
    "/etc/crontab": ("05 4 * * * root /bin/true\n", 0o644),
    "/boot/grub2/user.cfg": ("GRUB2_PASSWORD=secret\n", 0o644),
    "/boot/loader/entries/a.conf": ("title AlmaLinux\nlinux /vmlinuz\noptions selinux=0 audit=0\n", 0o644),
}


def build(top: Path, files: Mapping[str, tuple[str, int]], packages: Iterable[str]) -> Path:
    """The tree with a database of these packages; skips where rpm's tools are missing, or root's rights."""
    if os.geteuid() != 0:
        pytest.skip("SKIPPED FOR WANT OF ROOT: others can't make files of root")
    for name in ("etc", "usr/lib/systemd/system", "var/log/audit", "home/alice", "root", "var/lib/rpm"):
        (top / name).mkdir(parents=True, exist_ok=True)
    for path, (text, mode) in files.items():
        place = top / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        if text.startswith("-> "):
            place.symlink_to(text[3:])
        else:
            place.write_text(text, encoding="utf-8")
            place.chmod(mode)
    os.chown(top / "home/alice", 1000, 1000)
    for home in ("home/alice", "root", "var/log/audit"):
        (top / home).chmod(0o700)
    database(top / "var/lib/rpm", packages)
    return top


def database(place: Path, packages: Iterable[str]) -> None:
    """Writes rpm's own database with rpm itself."""
    if not shutil.which("rpmbuild") or not shutil.which("rpm"):
        pytest.skip("SKIPPED FOR WANT OF RPM: rpm and rpmbuild are not installed")
    work = place.parent / "rpm-work"
    work.mkdir()
    spec = work / "all.spec"
    spec.write_text(_spec(sorted(packages)), encoding="utf-8")
    _run("rpmbuild", "-bb", "--define", f"_topdir {work}/top", str(spec))
    found = sorted(map(str, (work / "top").rglob("*.rpm")))
    _run("rpm", "--dbpath", str(place), "--initdb")
    _run("rpm", "--dbpath", str(place), "-i", "--justdb", "--nodeps", *found)
    shutil.rmtree(work)
    if not (place / "rpmdb.sqlite").exists():
        pytest.skip("SKIPPED: this rpm writes another kind of database than SQLite")


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def _spec(packages: list[str]) -> str:
    head = "Name: all\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: noarch\n%description\nx\n"
    parts = "".join(
        f"%package -n {name}\nSummary: x\n%description -n {name}\nx\n%files -n {name}\n" for name in packages
    )
    return head + parts
