"""A hardening plan as an Ansible playbook that makes the same changes on the machine that it was made for."""

import base64
import json
import textwrap
from collections.abc import Iterable, Iterator

from trueline.model.plan import FileState, Plan
from trueline.report.plan_parts import Content, Parts, parts, remarks
from trueline.report.safe import visible

_MARKS = ("{{", "{%", "{#")  # of expressions, statements and comments
_TASKS = """\
  tasks:
    - name: Look at the files as they are
      ansible.builtin.stat:
        path: "{{ trueline_root }}{{ item.path }}"
        checksum_algorithm: sha256
      loop: "{{ trueline_files }}"
      loop_control:
        label: "{{ item.path }}"
      register: trueline_found

    - name: Stop where a file was changed since the plan was made
      ansible.builtin.assert:
        that: (item.stat.checksum | default('absent')) in [item.item.before, item.item.after]
        fail_msg: "{{ item.item.path }} was changed since the plan was made"
        quiet: true
      loop: "{{ trueline_found.results }}"
      loop_control:
        label: "{{ item.item.path }}"

    - name: Make directories
      ansible.builtin.file:
        path: "{{ trueline_root }}{{ item.path }}"
        state: directory
        mode: "{{ item.mode }}"
        owner: "{{ item.owner }}"
        group: "{{ item.group }}"
      loop: "{{ trueline_directories }}"

    - name: Write files
      ansible.builtin.copy:
        dest: "{{ trueline_root }}{{ item.path }}"
        content: "{{ item.base64 | b64decode if item.base64 is defined else item.text }}"
        mode: "{{ item.mode }}"
        owner: "{{ item.owner }}"
        group: "{{ item.group }}"
      loop: "{{ trueline_files }}"
      loop_control:
        label: "{{ item.path }}"

    - name: Set modes and owners
      ansible.builtin.file:
        path: "{{ trueline_root }}{{ item.path }}"
        mode: "{{ item.mode }}"
        owner: "{{ item.owner }}"
        group: "{{ item.group }}"
        follow: false
      loop: "{{ trueline_access }}"

    - name: Make links
      ansible.builtin.file:
        path: "{{ trueline_root }}{{ item.path }}"
        src: "{{ item.target }}"
        state: link
        force: true
        follow: false
      loop: "{{ trueline_links }}"

    - name: Remove files
      ansible.builtin.file:
        path: "{{ trueline_root }}{{ item }}"
        state: absent
      loop: "{{ trueline_removed }}"

    - name: Change accounts
      ansible.builtin.command:
        argv: "{{ item + (['--root', trueline_root] if trueline_root | length > 0 else []) }}"
      loop: "{{ trueline_accounts }}"
      changed_when: true

    - name: Remove or install packages
      ansible.builtin.package:
        name: "{{ item.name }}"
        state: "{{ item.state }}"
      loop: "{{ trueline_packages }}"
      when: trueline_root | length == 0

    - name: Set parameters of the running kernel
      ansible.builtin.command:
        argv: [sysctl, -q, -w, "{{ item }}"]
      loop: "{{ trueline_parameters }}"
      when: trueline_root | length == 0
      changed_when: true

    - name: Take up the changes
      ansible.builtin.command:
        argv: "{{ item }}"
      loop: "{{ trueline_commands }}"
      when: trueline_root | length == 0
      changed_when: true
"""


def render(plan: Plan) -> str:
    """The playbook. `trueline_root` names a tree to change instead of the machine."""
    found = parts(plan)
    return "\n".join(["---", *remarks(plan, found), *_play(plan, found), _TASKS])


def _play(plan: Plan, found: Parts) -> Iterator[str]:
    yield f"- name: {_text(f'Harden {plan.head.machine} by {plan.head.benchmark}')}"
    yield "  hosts: all"
    yield "  become: true"
    yield "  vars:"
    yield '    trueline_root: ""'
    yield from _list("files", [_file(one) for one in found.contents])
    yield from _list("directories", [[*_place(path), *_access(state)] for path, state in found.directories])
    yield from _list("access", [[*_place(path), *_access(state)] for path, state in found.access])
    yield from _list("links", [[*_place(path), f"target: {_text(target)}"] for path, target in found.links])
    yield from _list("removed", [[_text(path)] for path in found.removed])
    yield from _list("accounts", [[_flow(command)] for command in found.accounts])
    yield from _list(
        "packages",
        [
            [f"name: {_text(one.name)}", f"state: {'present' if one.after else 'absent'}"]
            for one in found.packages
        ],
    )
    yield from _list("parameters", [[_text(f"{one.key}={one.after}")] for one in found.parameters])
    yield from _list("commands", [[_flow(command)] for command in found.commands])
    yield ""


def _list(name: str, entries: Iterable[list[str]]) -> Iterator[str]:
    listed = list(entries)
    yield f"    trueline_{name}:" + ("" if listed else " []")
    for first, *others in listed:
        yield f"      - {first}"
        yield from (f"        {line}" if line else "" for line in others)


def _file(one: Content) -> list[str]:
    fields = [*_place(one.path), f"before: {_text(one.before)}", f"after: {_text(one.after)}"]
    return [*fields, *_access(one.state), *_body(one.text)]


def _body(text: str) -> list[str]:
    """The content as a block where YAML carries it as it is, else in base64."""
    lines = text.split("\n")
    shown = visible(text.replace("\n", "")) == text.replace("\n", "")
    tidy = shown and all(line == line.rstrip() and len(line) < 120 for line in lines) and lines[0][:1] != " "
    if text.endswith("\n") and not text.endswith("\n\n") and lines[0] and tidy:
        return ["text: !unsafe |", *(f"  {line}" if line else "" for line in lines[:-1])]
    encoded = base64.b64encode(text.encode()).decode()
    return ["base64: |", *(f"  {line}" for line in textwrap.wrap(encoded, 76) or [""])]


def _place(path: str) -> list[str]:
    return [f"path: {_text(path)}"]


def _access(state: FileState) -> list[str]:
    return [f'mode: "{state.mode}"', f'owner: "{state.uid}"', f'group: "{state.gid}"']


def _flow(words: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, words))}]"


def _text(text: str) -> str:
    """A double-quoted scalar, which templates leave alone."""
    quoted = json.dumps(visible(text), ensure_ascii=False)
    return f"!unsafe {quoted}" if any(mark in text for mark in _MARKS) else quoted
