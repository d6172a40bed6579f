"""A hardening plan as cloud-init user data, for new machines made from the same image."""

import base64
import json
from collections.abc import Iterator

from trueline.model.plan import FileState, Plan
from trueline.report.plan_parts import Content, package_command, parts, remarks
from trueline.report.safe import visible


def render(plan: Plan) -> str:
    """A `#cloud-config`. What a file held before is not checked: on a new machine nobody changed it yet."""
    found = parts(plan)
    lines = ["#cloud-config", *remarks(plan, found)]
    if found.contents:
        lines += ["write_files:", *(line for one in found.contents for line in _file(one))]
    commands: list[tuple[str, ...]] = [
        command for path, state in (*found.directories,) for command in _directory(path, state)
    ]
    commands += [command for path, state in found.access for command in _access(path, state)]
    commands += [("ln", "-sfn", "--", target, path) for path, target in found.links]
    commands += [("rm", "-f", "--", path) for path in found.removed]
    commands += list(found.accounts)
    commands += [package_command(one) for one in found.packages]
    commands += [("sysctl", "-q", "-w", f"{one.key}={one.after}") for one in found.parameters]
    commands += found.commands
    if commands:
        lines += ["runcmd:", *(f"  - {json.dumps([visible(word) for word in one])}" for one in commands)]
    return "\n".join(lines) + "\n"


def _file(one: Content) -> Iterator[str]:
    encoded = base64.b64encode(one.text.encode()).decode()
    yield f"  - path: {json.dumps(visible(one.path))}"
    yield f'    permissions: "{one.state.mode}"'
    owner = f"{one.state.owner or 'root'}:{one.state.group or 'root'}"
    yield f"    owner: {json.dumps(visible(owner))}"
    yield "    encoding: b64"
    yield f'    content: "{encoded}"'


def _directory(path: str, state: FileState) -> list[tuple[str, ...]]:
    return [("mkdir", "-p", "--", path), *_access(path, state)]


def _access(path: str, state: FileState) -> list[tuple[str, ...]]:
    return [("chown", "-h", "--", f"{state.uid}:{state.gid}", path), ("chmod", "--", state.mode, path)]
