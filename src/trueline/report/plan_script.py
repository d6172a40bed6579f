"""A hardening plan as a bash script that makes the same changes on the machine that it was made for."""

import base64
import shlex
from collections.abc import Iterator

from trueline.model.plan import Plan
from trueline.report.plan_parts import Content, Parts, package_command, parts, remarks
from trueline.report.safe import visible

_DELIMITER = "TRUELINE_END_OF_FILE"
_HEAD = """\
#!/bin/bash
{remarks}
#
# Usage: bash SCRIPT [ROOT]    ROOT is a tree to change instead of this machine; then no service is touched.
# A file that is neither as the plan found it nor as the plan leaves it stops the script before any change.
# Running it again changes nothing. It keeps no originals: `trueline harden apply` does, and can roll back.
set -euo pipefail

root=${{1:-}}
root=${{root%/}}
"""
_FUNCTIONS = """
state() { # the digest of a file, or "absent"
  if [[ -f "$1" && ! -L "$1" ]]; then
    sha256sum <"$1" | cut -d ' ' -f 1
  elif [[ -e "$1" || -L "$1" ]]; then
    echo "no regular file"
  else
    echo absent
  fi
}

expect() { # path, digest before, digest after
  local found
  found=$(state "$root$1")
  if [[ "$found" != "$2" && "$found" != "$3" ]]; then
    echo "$1 was changed since the plan was made; nothing was done." >&2
    exit 1
  fi
}

present() { # path
  if [[ ! -e "$root$1" || -L "$root$1" ]]; then
    echo "$1 is gone since the plan was made, or a link; nothing was done." >&2
    exit 1
  fi
}

access() { # path, mode, uid:gid
  if [[ -L "$root$1" ]]; then # chmod would follow it
    echo "$1 became a link; it was left as it is." >&2
    exit 1
  fi
  chown -h -- "$3" "$root$1"
  chmod -- "$2" "$root$1"
}

replace() { # path, mode, uid:gid; the content is read from standard input
  local part="$root$1.trueline-new"
  mkdir -p -- "$(dirname -- "$root$1")"
  rm -f -- "$part"
  (umask 077 && cat >"$part")
  if [[ -e "$root$1" ]]; then
    cp --attributes-only --preserve=all -- "$root$1" "$part"
  fi
  chown -- "$3" "$part"
  chmod -- "$2" "$part"
  mv -f -- "$part" "$root$1"
}
"""


def render(plan: Plan) -> str:
    """The script; it ends with 1, and says why, where the machine isn't as the plan found it."""
    found = parts(plan)
    return "\n".join([*_header(plan, found), *_checks(found), *_changes(found), *_live(found)]) + "\n"


def _header(plan: Plan, found: Parts) -> Iterator[str]:
    yield _HEAD.format(remarks="\n".join(remarks(plan, found)))
    if found.contents or found.access or found.directories:
        yield _FUNCTIONS


def _checks(found: Parts) -> Iterator[str]:
    for one in found.contents:
        yield f"expect {_word(one.path)} {_word(one.before)} {_word(one.after)}"
    for path, _ in found.access:
        yield f"present {_word(path)}"


def _changes(found: Parts) -> Iterator[str]:
    for path, state in found.directories:
        yield f'mkdir -p -- "$root"{_word(path)}'
        yield f"access {_word(path)} {state.mode} {state.uid}:{state.gid}"
    for one in found.contents:
        yield from _replacement(one)
    for path, state in found.access:
        yield f"access {_word(path)} {state.mode} {state.uid}:{state.gid}"
    for path, target in found.links:
        yield f'mkdir -p -- "$(dirname -- "$root"{_word(path)})"'
        yield f'ln -sfn -- {_word(target)} "$root"{_word(path)}'
    for path in found.removed:
        yield f'rm -f -- "$root"{_word(path)}'
    for program, *words in found.accounts:
        yield f'{program} ${{root:+--root "$root"}} {" ".join(map(_word, words))}'


def _replacement(one: Content) -> Iterator[str]:
    call = f"replace {_word(one.path)} {one.state.mode} {one.state.uid}:{one.state.gid}"
    lines = one.text.split("\n")
    if one.text.endswith("\n") and _plain(one.text):
        yield f"{call} <<'{_DELIMITER}'"
        yield from lines[:-1]
        yield _DELIMITER
    else:
        encoded = base64.b64encode(one.text.encode()).decode()
        yield f"base64 -d <<<'{encoded}' | {call}"


def _plain(text: str) -> bool:
    """Whether a here-document carries the text as it is, and readers see all of it."""
    bare = text.replace("\n", "").replace("\t", "")
    return visible(bare) == bare and _DELIMITER not in text


def _live(found: Parts) -> Iterator[str]:
    """What only a running machine can do."""
    yield '\nif [[ -n "$root" ]]; then'
    yield "  exit 0"
    yield "fi"
    for one in found.packages:
        yield shlex.join(package_command(one))
    for parameter in found.parameters:
        yield shlex.join(("sysctl", "-q", "-w", f"{parameter.key}={parameter.after}"))
    for command in found.commands:
        yield shlex.join(command)


def _word(text: str) -> str:
    return shlex.quote(text)
