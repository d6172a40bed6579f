"""Takes secrets out of text and JSON values before they can reach a snapshot."""

import re
from collections.abc import Sequence
from typing import Any

REDACTED = "REDACTED"
_SECRET_NAME = re.compile(
    r"(token|passwords?|passwd|passphrase|secret|secretkey|accesskey|apikey|privatekey|authorization|bearer)$"
)
_FLAG = (
    r"--?(?:(?:[A-Za-z][\w-]*[-_])?(?:token|password|passwd|passphrase|secret|secret[-_]key|access[-_]key)"
    r"|manifest[-_]url[-_]header)"
)
_FLAG_WITH_VALUE = re.compile(rf"(?i)(?<![\w-])({_FLAG}[= ])(\"[^\"]*\"|'[^']*'|[^\s\"']+)")
_FLAG_ALONE = re.compile(rf"(?i)(?:{_FLAG}|-t)")
# NAME=value in front of a command, or as one of its words; true and false are switches of features.
_ASSIGNMENT = re.compile(
    r"(?<![\w./-])([A-Za-z_]\w*)=(?!(?:=|true\b|false\b))(\"[^\"]*\"|'[^']*'|[^\s\"',;]+)"
)
_HEADER = re.compile(
    r"(?i)\b(authorization|x-[\w-]*(?:key|token|secret)|(?:api|private)-(?:key|token)|cookie)([\"']?: *)"
    r"((?:basic|bearer|token) +)?[^\s\"']+"
)
_LOGIN_OPTION = re.compile(r"(?<![\w-])(-u|--user|--proxy-user)([= ] *[\"']?)[^\s:\"']+:[^\s\"']+")
_JWT = re.compile(r"eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*")
_URL_LOGIN = re.compile(r"(://)[^/@\s]*:[^/\s]*@")
_BOOTSTRAP_TOKEN = re.compile(r"[a-z0-9]{6}\.[a-z0-9]{16}")
# base64 of "-----BEGIN": a key or a certificate
_BASE64_PEM = "LS0tLS1CRUdJTi"
# HTTP headers of the kubelet's requests: any of them may carry a login.
_HEADERS = "staticPodURLHeader"
KEPT_VARIABLES = ("KUBELET_", "ETCD_", "KUBE_")


def is_secret(name: str) -> bool:
    """Whether a key, flag or variable of this name holds a secret itself, not the path of a file with one."""
    return _SECRET_NAME.search(re.sub(r"[-_.]", "", name).lower()) is not None


def clean_text(text: str) -> str:
    """The text without keys, tokens, logins in addresses and values of secret flags; surrogates replaced."""
    text = text.encode("utf-8", "replace").decode()
    if "-----BEGIN " in text or _BASE64_PEM in text or _BOOTSTRAP_TOKEN.fullmatch(text):
        return REDACTED
    text = _URL_LOGIN.sub(rf"\1{REDACTED}@", text)
    text = _HEADER.sub(rf"\1\2{REDACTED}", _LOGIN_OPTION.sub(rf"\1\2{REDACTED}", text))
    text = _ASSIGNMENT.sub(_hide_assignment, text)
    return _FLAG_WITH_VALUE.sub(rf"\1{REDACTED}", _JWT.sub(REDACTED, text))


def _hide_assignment(found: re.Match[str]) -> str:
    return f"{found[1]}={REDACTED}" if is_secret(found[1]) else found[0]


def clean_arguments(arguments: Sequence[str]) -> tuple[str, ...]:
    """A command line with the values of secret flags replaced, be they in the same word or the next."""
    cleaned: list[str] = []
    hide = False
    for word in arguments:
        if hide and not word.startswith("--"):
            cleaned.append(REDACTED)
            hide = False
            continue
        name, equals, value = word.partition("=")
        hide = not equals and _FLAG_ALONE.fullmatch(word) is not None
        secret = equals and value and _FLAG_ALONE.fullmatch(name)
        cleaned.append(f"{name}={REDACTED}" if secret else clean_text(word))
    return tuple(cleaned)


def clean_variable(name: str, value: str, prefixes: Sequence[str] = KEPT_VARIABLES) -> str:
    """The value of an environment variable: only those of components are shown, and of these no secrets."""
    if not name.startswith(tuple(prefixes)) or is_secret(name):
        return REDACTED
    return clean_text(value)


def clean_json(value: Any) -> Any:
    """A JSON value without secrets: by the names of its keys, and by the look of its strings."""
    match value:
        case str():
            return clean_text(value)
        case dict():
            return {clean_text(key): _member(key, entry) for key, entry in value.items()}
        case list():
            return [clean_json(entry) for entry in value]
        case _:
            return value


def _member(key: str, value: Any) -> Any:
    if key == _HEADERS and value:
        return REDACTED
    if not is_secret(key):
        return clean_json(value)
    match value:
        case str():
            return REDACTED if value else value
        case list():
            return [REDACTED if isinstance(entry, str) else clean_json(entry) for entry in value]
        case _:
            return clean_json(value)
