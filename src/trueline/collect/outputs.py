"""Takes secrets out of what commands print, line by line, so that the rest can still be judged."""

import re

from trueline.collect.redact import REDACTED, is_secret

_PRIVATE_KEY = re.compile(
    r"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----)(.*?)(-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
# base64 of "-----BEGIN PRIVATE KEY", "-----BEGIN RSA PRIVATE KEY", "-----BEGIN EC PRIVATE KEY"
_ENCODED_KEY = re.compile(r"LS0tLS1CRUdJTi(?:BQUklWQVRF|BSU0EgUFJJVkFURS|BFQyBQUklWQVRF)[A-Za-z0-9+/=]*")
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*")
_BOOTSTRAP_TOKEN = re.compile(r"(?<![\w./-])[a-z0-9]{6}\.[a-z0-9]{16}(?![\w./-])")
_URL_LOGIN = re.compile(r"(://)[^/@\s:]*:[^/\s@]*@")
_LOGIN = re.compile(r"(?i)\b(bearer|authorization: *basic) +[\w.~+/=-]{4,}")
_PAIR = re.compile(
    r"(?<![\w.-])(?P<name>[\w.-]{1,200})(?P<between>[\"']?[ \t]{0,20}[:=][ \t]{0,20})"
    r"(?P<value>\"(?:[^\"\\\n]|\\.){0,4096}\"|'[^'\n]{0,4096}'|[^\s,;}\]\"']+)"
)
_WORDS = re.compile(r"(?<![\w-])(?P<name>--?[A-Za-z][\w-]*)(?P<between> +)(?P<value>[^\s-]\S*)")
_BLOCK = re.compile(
    r"^(?P<indent>[ \t]*)(?P<head>(?:- )?[\"']?(?P<name>[\w.-]+)[\"']?:)[ \t]*[|>][-+0-9]*[ \t]*\n"
    r"(?:(?P=indent)[ \t]+.*(?:\n|\Z)|[ \t]*\n)+",
    re.MULTILINE,
)
_PASSWORD_HASH = re.compile(r"\$(?:[1567y]|2[abxy]|gy|sha1|argon2\w{0,2})\$[\w./$=,+-]{8,}")
_KEY_NAMES = re.compile(r"(?i)(?:key[-_]?data|private[-_]?key)$")
# Words that stand for a switch or for nothing, and paths: the file may hold a secret, its name is none.
_HARMLESS = re.compile(
    r"[\"']?(?:true|false|null|none|<none>|notset|yes|no|~|\d|[|>][-+]?|[{\[&*].*|/.*|)[\"']?", re.IGNORECASE
)


def clean_output(text: str) -> str:
    """The text with keys, tokens, passwords and the like replaced; its lines and names stay."""
    text = _PRIVATE_KEY.sub(rf"\1 {REDACTED} \3", text)
    text = _ENCODED_KEY.sub(REDACTED, text)
    text = _LOGIN.sub(rf"\1 {REDACTED}", text)
    text = _BLOCK.sub(_hide_block, text)
    for pattern in (_PAIR, _WORDS):
        text = pattern.sub(_hide, text)
    text = _PASSWORD_HASH.sub(REDACTED, text)
    text = _JWT.sub(REDACTED, text)
    text = _URL_LOGIN.sub(rf"\1{REDACTED}@", text)
    return _BOOTSTRAP_TOKEN.sub(REDACTED, text)


def _names_secret(name: str) -> bool:
    return is_secret(name) or _KEY_NAMES.search(name) is not None


def _hide(found: re.Match[str]) -> str:
    value = found["value"]
    if not _names_secret(found["name"]) or _HARMLESS.fullmatch(value):
        return found[0]
    quote = value[0] if value[0] in "\"'" else ""
    return f"{found['name']}{found['between']}{quote}{REDACTED}{quote}"


def _hide_block(found: re.Match[str]) -> str:
    if not _names_secret(found["name"]):
        return found[0]
    return f"{found['indent']}{found['head']} {REDACTED}\n"
