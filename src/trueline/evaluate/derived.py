"""Settings that are computed from several places: structured files, plugin lists and feature gates."""

from collections.abc import Callable
from typing import Any

from trueline.evaluate.configs import config_layers, look_up
from trueline.evaluate.layers import (
    Answer,
    answer,
    default_source,
    default_texts,
    from_default,
    from_flag,
    invalid,
    plain,
)
from trueline.evaluate.sources import Effective, Sources
from trueline.evaluate.values import Value, parse, show
from trueline.model.facts import Unavailable
from trueline.model.setting import Setting

_HEALTH_PATHS = ("/livez", "/readyz", "/healthz")


def _anonymous_auth(sources: Sources, setting: Setting) -> Answer:
    """An AuthenticationConfiguration with `anonymous` replaces the flag; it may limit it to paths.

    Anonymous requests to health endpoints alone count as not allowed (KEP-4633, beta in 1.32).
    """
    path = sources.text_of("authentication-config")
    if not path:
        return plain(sources, setting)
    data = sources.document(path, "AuthenticationConfiguration")
    if isinstance(data, Unavailable):
        return data
    anonymous = data.get("anonymous")
    if anonymous is None:
        return plain(sources, setting)
    if sources.given(setting.all_flags):
        return invalid(sources, "--anonymous-auth", f"{path} sets the same, and only one of both may")
    if not isinstance(anonymous, dict) or not isinstance(anonymous.get("enabled", False), bool):
        return invalid(sources, path, "anonymous.enabled is neither true nor false")
    paths = _paths(anonymous.get("conditions"))
    if paths is None:
        return invalid(sources, path, "anonymous.conditions is no list of paths")
    enabled = anonymous.get("enabled", False)
    exposed = not paths or not all(_is_health(each) for each in paths)
    return Effective(
        values=(enabled and exposed,),
        layer="config",
        source=path,
        text=f"only for {', '.join(paths)}" if enabled and paths else str(enabled).lower(),
        key="anonymous",
    )


def _paths(conditions: object) -> list[str] | None:
    if conditions is None:
        return []
    if not isinstance(conditions, list):
        return None
    paths = [entry.get("path") if isinstance(entry, dict) else None for entry in conditions]
    return [path for path in paths if isinstance(path, str)] if all(map(_is_text, paths)) else None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_health(path: str) -> bool:
    return path in _HEALTH_PATHS or path.startswith(tuple(f"{health}/" for health in _HEALTH_PATHS))


def _authorization_mode(sources: Sources, setting: Setting) -> Answer:
    """An AuthorizationConfiguration (stable in 1.32) lists authorizers in order, in place of the flag."""
    path = sources.text_of("authorization-config")
    if not path:
        return plain(sources, setting)
    if sources.given(setting.all_flags):
        return invalid(
            sources, "--authorization-mode", "--authorization-config sets the same, and only one may"
        )
    data = sources.document(path, "AuthorizationConfiguration")
    if isinstance(data, Unavailable):
        return data
    types = _texts_of(data.get("authorizers"), "type")
    if not types:
        return invalid(sources, path, "authorizers is no list of authorizers with a type")
    return answer(sources, setting, types, "config", path, "authorizers")


def _texts_of(entries: object, key: str) -> list[str] | None:
    """`key` of each entry; None where one has no such text."""
    if not isinstance(entries, list):
        return None
    texts = [entry.get(key) if isinstance(entry, dict) else None for entry in entries]
    return [str(text) for text in texts] if all(map(_is_text, texts)) else None


def _admission_plugins(sources: Sources, setting: Setting) -> Answer:
    """The version's default plugins and the enabled ones, without those disabled."""
    enable, disable, only = (
        plain(sources, sources.named(name))
        for name in ("enable-admission-plugins", "disable-admission-plugins", "admission-control")
    )
    for part in (enable, disable, only):
        if isinstance(part, Unavailable):
            return part
    enabled, disabled, legacy = (set(_members(part)) for part in (enable, disable, only))
    if (twice := sorted(enabled & disabled)) or (legacy and enabled | disabled):
        why = f"{', '.join(twice)} is both enabled and disabled" if twice else "the flags exclude each other"
        return invalid(sources, "--admission-control" if legacy else "--enable-admission-plugins", why)
    if legacy:
        assert isinstance(only, Effective)
        return only
    defaults = [_members_of(parse("list", text)) for text in default_texts(sources, setting)]
    if not defaults:
        return from_default(sources, setting)
    values = tuple(
        dict.fromkeys(
            tuple(name for name in dict.fromkeys((*base, *_members(enable))) if name not in disabled)
            for base in defaults
        )
    )
    return _plugins(sources, values, (enable, disable))


def _plugins(sources: Sources, values: tuple[Value, ...], parts: tuple[Answer, ...]) -> Effective:
    flags = [part for part in parts if isinstance(part, Effective) and part.layer == "flag"]
    changes = [f"{part.key}={part.text}" for part in flags]
    return Effective(
        values=values,
        layer="derived" if flags else "default",
        source=", ".join([default_source(sources), *(_origin(sources, flag.key) for flag in flags)]),
        text=show("list", values[0]) if len(values) == 1 else " ".join(["the version's defaults", *changes]),
        key="--enable-admission-plugins",
    )


def _origin(sources: Sources, key: str) -> str:
    origin = sources.process.origins.get(key.removeprefix("--"))
    return f"{key} ({origin})" if origin else f"{key} of process {sources.process.pid}"


def _members(part: Answer) -> tuple[str, ...]:
    return _members_of(part.values[0]) if isinstance(part, Effective) else ()


def _members_of(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _encryption_secrets_provider(sources: Sources, setting: Setting) -> Answer:
    """Kind of the provider that encrypts Secrets: the first one of the entry that covers them."""
    file = plain(sources, sources.named("encryption-provider-config"))
    if isinstance(file, Unavailable) or not file.text:
        return file if isinstance(file, Unavailable) else from_default(sources, setting)
    data = sources.document(file.text)  # the old kind EncryptionConfig has the same parts
    if isinstance(data, Unavailable):
        return data
    entries = data.get("resources")
    if not isinstance(entries, list) or not all(_is_entry(entry) for entry in entries):
        return invalid(sources, file.text, "resources is no list of resources with their providers")
    kinds = [_provider(entry["providers"][0]) for entry in _covering_secrets(entries)]
    return answer(
        sources, setting, kinds[0] if kinds else "", "config", file.text, "resources[].providers[0]"
    )


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    names, providers = entry.get("resources"), entry.get("providers")
    return (
        isinstance(names, list)
        and all(map(_is_text, names))
        and isinstance(providers, list)
        and bool(providers)
    )


def _covering_secrets(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Exact names go before "*." (the core group), and these before "*.*"; otherwise the first counts."""
    ranks = ({"secrets", "secrets."}, {"*."}, {"*.*"})
    return [entry for names in ranks for entry in entries if names & set(entry["resources"])]


def _provider(provider: object) -> str | None:
    """The one key of a provider, or the text that stands for it."""
    if isinstance(provider, str):
        return provider or None
    kinds = list(provider) if isinstance(provider, dict) else []
    return kinds[0] if len(kinds) == 1 and _is_text(kinds[0]) else None


def _audit_policy_levels(sources: Sources, setting: Setting) -> Answer:
    """The levels of the audit policy's rules, each once, in their order; empty without a policy."""
    path = sources.text_of("audit-policy-file")
    if not path:
        return from_default(sources, setting)
    data = sources.document(path, "Policy")
    if isinstance(data, Unavailable):
        return data
    levels = _texts_of(data.get("rules"), "level")
    if not levels:
        return invalid(sources, path, "rules is no list of rules with a level")
    return answer(sources, setting, list(dict.fromkeys(levels)), "config", path, "rules[].level")


def _gate(sources: Sources, setting: Setting) -> Answer:
    """One feature gate: the last flag that names it, else the config file, else its default."""
    gate = setting.name.partition(".")[2]
    return _gate_named(sources, setting, gate) or from_default(sources, setting)


def _beta_gate(sources: Sources, setting: Setting) -> Answer:
    """As a gate, but AllBeta switches it where nothing names it."""
    gate = setting.name.partition(".")[2]
    return (
        _gate_named(sources, setting, gate)
        or _gate_named(sources, setting, "AllBeta")
        or from_default(sources, setting)
    )


def _gate_named(sources: Sources, setting: Setting, name: str) -> Answer | None:
    gates = sources.named("feature-gates")
    from_flags = from_flag(sources, gates)
    if isinstance(from_flags, Unavailable):
        return from_flags
    given = dict(entry.split("=", 1) for entry in _members(from_flags)) if from_flags else {}
    if name in given:
        return answer(
            sources,
            setting,
            given[name],
            "flag",
            sources.flag_source("feature-gates"),
            f"--feature-gates={name}",
        )
    if not gates.key:
        return None
    layers = config_layers(sources)
    key = f"{gates.key}.{name}"
    found = layers if isinstance(layers, Unavailable) else look_up(layers, key)
    if found is None or isinstance(found, Unavailable):
        return found
    return answer(sources, setting, found.value, found.layer, found.path, key)


DERIVED: dict[str, Callable[[Sources, Setting], Answer]] = {
    "anonymous-auth": _anonymous_auth,
    "authorization-mode": _authorization_mode,
    "admission-plugins": _admission_plugins,
    "encryption-secrets-provider": _encryption_secrets_provider,
    "audit-policy-levels": _audit_policy_levels,
    "gate": _gate,
    "beta-gate": _beta_gate,
}
