"""Turns the bytes of a configuration file into a document without secrets, or says why there is none."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from trueline.collect.manifests import clean_manifest
from trueline.collect.plain import NotPlain, decode, parse
from trueline.collect.redact import clean_json
from trueline.collect.shapes import HIDE, KEEP, Shape, cut
from trueline.collect.units import clean_environment, clean_unit
from trueline.model.facts import Document, Unavailable

_KUBECONFIG: Shape = {
    "apiVersion": KEEP,
    "kind": KEEP,
    "current-context": KEEP,
    "clusters": [
        {
            "name": KEEP,
            "cluster": {
                "server": KEEP,
                "tls-server-name": KEEP,
                "proxy-url": KEEP,
                "insecure-skip-tls-verify": KEEP,
                "certificate-authority": KEEP,
                "certificate-authority-data": HIDE,
            },
        }
    ],
    "contexts": [{"name": KEEP, "context": {"cluster": KEEP, "user": KEEP, "namespace": KEEP}}],
    "users": [
        {
            "name": KEEP,
            "user": {
                "client-certificate": KEEP,
                "client-certificate-data": HIDE,
                "client-key": KEEP,
                "client-key-data": HIDE,
                "token": HIDE,
                "tokenFile": KEEP,
                "username": HIDE,
                "password": HIDE,
                "exec": {"apiVersion": KEEP, "command": KEEP},
                "auth-provider": {"name": KEEP},
            },
        }
    ],
}
_PROVIDER = {"apiVersion": KEEP, "name": KEEP}
_ENCRYPTION: Shape = {
    "apiVersion": KEEP,
    "kind": KEEP,
    "resources": [
        {
            "resources": [KEEP],
            "providers": [
                {"aescbc": HIDE, "aesgcm": HIDE, "secretbox": HIDE, "identity": HIDE, "kms": _PROVIDER}
            ],
        }
    ],
}
_CREDENTIAL_PROVIDERS: Shape = {
    "apiVersion": KEEP,
    "kind": KEEP,
    "providers": [{"name": KEEP, "apiVersion": KEEP, "matchImages": [KEEP], "defaultCacheDuration": KEEP}],
}
_CNI: Shape = {"cniVersion": KEEP, "name": KEEP, "type": KEEP, "plugins": [{"type": KEEP}]}
_CUT: dict[str, Shape] = {
    "kubeconfig": _KUBECONFIG,
    "EncryptionConfiguration": _ENCRYPTION,
    "CredentialProviderConfig": _CREDENTIAL_PROVIDERS,
    "cni": _CNI,
}
_WHOLE = (
    "AdmissionConfiguration",
    "AuthenticationConfiguration",
    "AuthorizationConfiguration",
    "EgressSelectorConfiguration",
    "KubeProxyConfiguration",
    "KubeSchedulerConfiguration",
    "KubeletConfiguration",
    "Policy",
    "TracingConfiguration",
    "admission-plugin",
    "etcd-config",
)
# Formats of other programs than Kubernetes, and what does not always say its kind.
_WITHOUT_KIND = ("kubeconfig", "cni", "etcd-config", "admission-plugin")
_OLD_KINDS = {"EncryptionConfiguration": ("EncryptionConfig",)}
_FLAG = re.compile(r"(?<![\w-])--[A-Za-z][\w-]{0,80}")
_TEXT: dict[str, Callable[[str], Any]] = {"unit": clean_unit, "environment": clean_environment}


def clean_document(
    kind: str, content: bytes, env_prefixes: Sequence[str] = ()
) -> tuple[Document | Unavailable, bool]:
    """The document of this kind, and whether more YAML documents follow that nobody looks at.

    Kubernetes objects keep their own shape, whatever is a secret or not asked for cut out. `env_prefixes` are
    those of variables whose values a pod manifest keeps.
    """
    try:
        if kind in _TEXT:
            text = decode(content)
            return Document(kind=kind, data=_TEXT[kind](text), lines=_lines(text)), False
        data, more = parse(content)
        _check_kind(kind, data)
        lines = _lines(decode(content)) if kind == "Pod" else {}
        return Document(kind=kind, data=_clean(kind, data, env_prefixes), lines=lines), more
    except NotPlain as error:
        return Unavailable(kind="invalid", reason=str(error)), False


def _lines(text: str) -> dict[str, int]:
    """In which line each flag stands last, by its name alone; comments are none."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.lstrip().startswith(("#", ";")):
            found |= dict.fromkeys(_FLAG.findall(line), number)
    return dict(sorted(found.items()))


def _check_kind(kind: str, data: dict[str, Any]) -> None:
    if kind in _WITHOUT_KIND:
        return
    if data.get("kind") not in (kind, *_OLD_KINDS.get(kind, ())):
        raise NotPlain(f"its kind is not {kind}")


def _clean(kind: str, data: dict[str, Any], env_prefixes: Sequence[str]) -> Any:
    if kind == "Pod":
        return clean_manifest(data, env_prefixes)
    if kind == "EncryptionConfiguration":
        return clean_json(_only_kinds(cut(_ENCRYPTION, data)))
    if kind in _CUT:
        return clean_json(cut(_CUT[kind], data))
    if kind in _WHOLE:
        return clean_json(data)
    raise NotPlain(f"documents of kind {kind} are not known to this version")


def _only_kinds(encryption: dict[str, Any]) -> dict[str, Any]:
    """Of a provider its kind is all that counts, and of kms its name and version."""
    for group in encryption.get("resources", ()):
        group["providers"] = [
            {name: value if name == "kms" else {} for name, value in provider.items()}
            for provider in group.get("providers", ())
        ]
    return encryption
