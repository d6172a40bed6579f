"""The order in which flags, environment, config files and defaults decide a plain setting."""

from trueline.evaluate.configs import config_layers, look_up
from trueline.evaluate.sources import Effective, Layer, Sources
from trueline.evaluate.values import Value, parse, show
from trueline.evaluate.versions import key as version_key
from trueline.model.facts import Unavailable
from trueline.model.setting import Default, Setting, SettingType

# The oldest version that benchmarks judge: older defaults don't count where the version is not known.
_OLDEST = "1.15"
_ZERO: dict[SettingType, str] = {"bool": "false", "int": "0", "duration": "0"}

Answer = Effective | Unavailable


def plain(sources: Sources, setting: Setting) -> Answer:
    """The value by precedence: flag, environment, drop-in, config file, default."""
    if setting.type == "map" and setting.key:
        return _merged_map(sources, setting)
    return from_flag(sources, setting) or from_environment(sources, setting) or below_flags(sources, setting)


def below_flags(sources: Sources, setting: Setting) -> Answer:
    """What config files or else the default say."""
    return from_config(sources, setting) or from_default(sources, setting)


def from_flag(sources: Sources, setting: Setting) -> Answer | None:
    """What the command line says; None where it says nothing that counts."""
    given = sources.given(setting.all_flags)
    if not given or _flags_ignored(sources, setting):
        return None
    last = f"--{given[-1].name}"
    adds_up = setting.type in ("list", "map") and not sources.component.repeat_replaces
    texts = [_text(argument.value, setting) for argument in (given if adds_up else given[-1:])]
    if any(text is None for text in texts):
        return invalid(sources, last, "it has no value")
    raw = ",".join(text for text in texts if text)
    return answer(sources, setting, raw, "flag", sources.flag_source(given[-1].name), last)


def _text(value: str | None, setting: Setting) -> str | None:
    return "true" if value is None and setting.type == "bool" else value


def _flags_ignored(sources: Sources, setting: Setting) -> bool:
    exclusive = setting.ignored_with_config or sources.component.config_exclusive
    return exclusive and bool(sources.config_path)


def from_environment(sources: Sources, setting: Setting) -> Answer | None:
    """What the setting's variable says; an empty one says nothing (pkg/flags of etcd)."""
    component = sources.component
    name = setting.env
    if not name and component.env_prefix and setting.all_flags:
        name = component.env_prefix + setting.all_flags[0].replace("-", "_").upper()
    raw = sources.process.environment.get(name, "") if name else ""
    if not raw or (component.config_exclusive and sources.config_path):
        return None
    return answer(sources, setting, raw, "environment", f"environment of process {sources.process.pid}", name)


def from_config(sources: Sources, setting: Setting) -> Answer | None:
    """What the config file and its drop-ins say; None where they leave it to the default."""
    if not setting.key:
        return None
    layers = config_layers(sources)
    found = layers if isinstance(layers, Unavailable) else look_up(layers, setting.key)
    if found is None or isinstance(found, Unavailable):
        return found
    result = answer(sources, setting, found.value, found.layer, found.path, setting.key)
    if isinstance(result, Effective) and _means_default(sources, result.values[0], setting):
        return None
    return result


def _means_default(sources: Sources, value: Value, setting: Setting) -> bool:
    """Kubernetes defaults texts and durations that are zero; etcd's own YAML takes them as they are."""
    return setting.type in ("string", "duration") and not value and not sources.component.config_exclusive


def from_default(sources: Sources, setting: Setting) -> Answer:
    """What holds where nobody says anything, with all alternatives where the version is not known."""
    texts = default_texts(sources, setting)
    if not texts:
        return Unavailable(
            kind="not-collected",
            reason=f"{sources.component.component}/{setting.name} is not set, and its default in Kubernetes "
            f"{sources.version} is not known.",
        )
    values = tuple(dict.fromkeys(parse(setting.type, text) for text in texts))
    return Effective(
        values=values,
        layer="default",
        source=default_source(sources),
        text=" or ".join(show(setting.type, value) or "not set" for value in values)
        if len(values) > 1
        else show(setting.type, values[0]),
        key=_key(setting),
    )


def default_texts(sources: Sources, setting: Setting) -> list[str]:
    """The defaults that can hold, as content writes them."""
    if not setting.default:
        return [_ZERO.get(setting.type, "")]
    with_config = bool(sources.config_path)
    return [
        default.value
        for default in setting.default
        if default.config in (None, with_config) and _covers(default, sources.version)
    ]


def default_source(sources: Sources) -> str:
    """How evidence calls a default."""
    # only components whose releases are Kubernetes releases are named after its version
    if sources.version and not sources.component.env_prefix:
        return f"default in Kubernetes {sources.version}"
    return f"default of {sources.component.component}"


def _covers(default: Default, version: str | None) -> bool:
    first, last = (version_key(version or _OLDEST), version_key(version) if version else (9999,))
    starts = version_key(default.since) if default.since else ()
    ends = version_key(default.until) if default.until else (9999,)
    return starts <= last and first <= ends


def _merged_map(sources: Sources, setting: Setting) -> Answer:
    """Members given by flags over those of the config file, each by its own key."""
    flags, files = from_flag(sources, setting), below_flags(sources, setting)
    if flags is None or isinstance(flags, Unavailable) or isinstance(files, Unavailable):
        return flags if isinstance(flags, Unavailable) else files
    both = [*_entries(files), *_entries(flags)]
    value = parse("map", {key: member for key, _, member in (entry.partition("=") for entry in both)})
    return Effective(
        values=(value,), layer="flag", source=flags.source, text=show("map", value), key=flags.key
    )


def _entries(effective: Effective) -> tuple[str, ...]:
    value = effective.values[0]
    return value if isinstance(value, tuple) else ()


def answer(sources: Sources, setting: Setting, raw: object, layer: Layer, source: str, key: str) -> Answer:
    """`raw` as the setting's value, Unavailable where it does not fit the type."""
    try:
        value = parse(setting.type, raw)
    except ValueError as error:
        return invalid(sources, key, str(error))
    return Effective(values=(value,), layer=layer, source=source, text=show(setting.type, value), key=key)


def invalid(sources: Sources, key: str, why: str) -> Unavailable:
    """Something stands there that the component could not have started with."""
    return Unavailable(kind="invalid", reason=f"{sources.component.component}: {key} can't be read: {why}.")


def _key(setting: Setting) -> str:
    return f"--{setting.all_flags[0]}" if setting.all_flags else setting.key or setting.name
