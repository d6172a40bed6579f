"""`kube-bench install` and `kube-bench completion`: programs and scripts for other places."""

import os
import re
import shutil
import sys
from collections.abc import Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import trueline
from trueline.cli.kubebench_flags import COMMANDS, FLAGS
from trueline.errors import AccessError, UsageError

_LIBRARY = "trueline"
_REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")
_LAUNCHER = """\
#!/bin/sh
# Runs trueline in place of kube-bench, with the library beside this file.
here=$(dirname -- "$(readlink -f -- "$0")")
for python in {python} {name}; do
    command -v "$python" >/dev/null 2>&1 && \\
        PYTHONPATH="$here/{library}" exec "$python" -m trueline kube-bench "$@"
done
echo "kube-bench: this host has no {name}, which the installed library was built for" >&2
exit 1
"""
_BANNER = """\
===============================================
trueline's kube-bench is now installed on your host
Run {target}/kube-bench to perform a security check
==============================================="""
_WORDS = " ".join(name for name in COMMANDS)
_LONG = " ".join(f"--{flag.name}" for flag in FLAGS if flag.help)
_BASH = f"""\
_kube_bench() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}"
    case "$word" in
        -*) COMPREPLY=($(compgen -W "{_LONG}" -- "$word")) ;;
        *) COMPREPLY=($(compgen -W "{_WORDS}" -- "$word") $(compgen -f -- "$word")) ;;
    esac
}}
complete -o filenames -F _kube_bench kube-bench
"""
_ZSH = f"""\
#compdef kube-bench
_kube_bench() {{
    compadd -- {_WORDS} {_LONG}
    _files
}}
compdef _kube_bench kube-bench
"""
_POWERSHELL = f"""\
Register-ArgumentCompleter -Native -CommandName 'kube-bench' -ScriptBlock {{
    param($word, $commandAst, $cursorPosition)
    $known = '{_WORDS} {_LONG}' -split ' '
    $known | Where-Object {{ $_ -like "$word*" }} | ForEach-Object {{
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }}
}}
"""


def install(target: Path, controls: Path) -> str:
    """Copies library, launcher and controls (where there are some) and returns what to tell.

    Raises AccessError where `target` can't be written.
    """
    if not target.is_dir():
        raise AccessError(f"{target} is no directory", hint="Mount the host's directory there, or name --to.")
    try:
        for source, name in _files():
            _copy(source, target / _LIBRARY / name)
        if controls.is_dir():
            shutil.copytree(controls, target / "cfg", dirs_exist_ok=True)
        launcher = target / "kube-bench"
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        launcher.write_text(_LAUNCHER.format(python=sys.executable, name=version, library=_LIBRARY))
        launcher.chmod(0o755)
    except (OSError, shutil.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise AccessError(f"{target} can't be written: {reason}", hint="Mount it writable.") from None
    return _BANNER.format(target=target)


def completion(words: Sequence[str]) -> str:
    """The script for a shell. Raises UsageError for one that it does not know."""
    match list(words):
        case ["bash"]:
            return _BASH
        case ["zsh"]:
            return _ZSH
        case ["fish"]:
            lines = [f"complete -c kube-bench -n __fish_use_subcommand -a {name}" for name in COMMANDS]
            lines += [
                f"complete -c kube-bench -l {flag.name}{f' -s {flag.short}' if flag.short else ''}"
                f"{' -r' if flag.takes_value else ''}"
                for flag in FLAGS
                if flag.help
            ]
            return "\n".join(lines) + "\n"
        case ["powershell"]:
            return _POWERSHELL
        case _:
            raise UsageError(
                "completion takes the name of a shell", hint="Name bash, zsh, fish or powershell."
            )


def _files() -> list[tuple[Path, str]]:
    """The files of this package and of all distributions that it needs, with their names in a library."""
    package = Path(trueline.__file__).parent
    found = [
        (path, str(path.relative_to(package.parent)))
        for path in sorted(package.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]
    for distributed in needed("trueline"):
        for file in distributed.files or ():
            source = Path(str(distributed.locate_file(file)))
            inside = ".." not in file.parts and "__pycache__" not in file.parts
            if inside and not file.is_absolute() and source.is_file():
                found.append((source, str(file)))
    return found


def needed(name: str) -> list[Distribution]:
    """The installed distributions that one needs, and those that they need; without extras and itself."""
    seen: dict[str, Distribution] = {}
    todo = [name]
    while todo:
        for requirement in distribution(todo.pop()).requires or ():
            match = _REQUIREMENT.match(requirement)
            if match is None or "extra ==" in requirement or match[0].lower() in seen:
                continue
            try:
                seen[match[0].lower()] = distribution(match[0])
            except PackageNotFoundError:
                continue  # for another platform or Python
            todo.append(match[0])
    return list(seen.values())


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755 if os.access(source, os.X_OK) else 0o644)
