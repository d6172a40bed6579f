"""Defaults of OpenSSH that differ by release, as Debian and Ubuntu build it without patches to them.

Each was taken from `sshd -T` of a release with an empty configuration: 9.2 (Debian 12), 9.6 (Ubuntu 24.04)
and 10.0 (Debian 13). Distributions with a cryptographic policy have other ones.
"""

import re

_VERSION = re.compile(r"(?:\d+:)?(\d+)\.(\d+)")
_CURVES = (
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521"
)
_FINITE = (
    "diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
    "diffie-hellman-group14-sha256"
)
_ALWAYS = {
    "permitrootlogin": "without-password",
    "macs": (
        "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,"
        "hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,"
        "hmac-sha2-256,hmac-sha2-512,hmac-sha1"
    ),
    "ciphers": (
        "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,"
        "aes256-gcm@openssh.com"
    ),
}
_BY_RELEASE = {
    (9, 2): {
        **_ALWAYS,
        "kexalgorithms": f"sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,{_CURVES},{_FINITE}",
    },
    (9, 6): {**_ALWAYS, "kexalgorithms": f"sntrup761x25519-sha512@openssh.com,{_CURVES},{_FINITE}"},
    (10, 0): {
        **_ALWAYS,
        "kexalgorithms": (
            f"mlkem768x25519-sha256,sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,{_CURVES}"
        ),
    },
}


def default_of(option: str, version: str) -> str | None:
    """The default of an option in lower case in a package's version; None where it is not known."""
    found = _VERSION.match(version)
    release = (int(found[1]), int(found[2])) if found else (0, 0)
    return _BY_RELEASE.get(release, {}).get(option)
