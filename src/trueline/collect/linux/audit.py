"""Collects audit rules: those that are loaded, and those that the files give at the next boot."""

import os
import re

from trueline.collect.linux.configs import Source, collect_config
from trueline.collect.linux.reader import Reader
from trueline.collect.programs import Programs
from trueline.model.known import Unavailable
from trueline.model.linux_access import Audit

_RULES = Source("plain", ("/etc/audit/rules.d/*.rules",))
_COMPILED = Source("plain", ("/etc/audit/audit.rules",))
_ENABLED = re.compile(r"^enabled (\d)", re.MULTILINE)


def collect_audit(reader: Reader, programs: Programs) -> Audit:
    """Rules of the kernel, of rules.d and of audit.rules."""
    return Audit(
        loaded=_loaded(programs),
        rules=collect_config(reader, _RULES),
        compiled=collect_config(reader, _COMPILED),
    )


def parse_loaded(rules: str, status: str) -> tuple[str, ...]:
    """The answer of `auditctl -l`, with the flag that `auditctl -s` shows as a rule."""
    found = [" ".join(line.split()) for line in rules.splitlines()]
    flag = _ENABLED.search(status)
    return (*(line for line in found if line.startswith("-")), *([f"-e {flag[1]}"] if flag else []))


def _loaded(programs: Programs) -> tuple[str, ...] | Unavailable:
    if programs.allowed and os.geteuid() != 0:
        return Unavailable(kind="denied", reason="only root may ask for the loaded audit rules")
    rules = programs.run("auditctl")
    if isinstance(rules, Unavailable):
        return rules
    status = programs.run("auditctl-status")
    return parse_loaded(rules, status if isinstance(status, str) else "")
