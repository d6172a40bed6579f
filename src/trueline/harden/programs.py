"""The only programs that hardening starts: a fixed list with fixed arguments, bounded in time and output."""

import os
import subprocess

from trueline.collect.access import Root
from trueline.collect.programs import DIRECTORIES, ENVIRONMENT, find_program
from trueline.model.base import Model
from trueline.model.facts import FileMeta
from trueline.model.plan import Action

_TIMEOUT = 300.0
_SHOWN = 2000
_ACTIONS: dict[str, tuple[str, ...]] = {
    "daemon-reload": ("systemctl", "daemon-reload"),
    "load-audit-rules": ("augenrules", "--load"),
    "reload": ("systemctl", "try-reload-or-restart", "{unit}"),
    "restart": ("systemctl", "try-restart", "{unit}"),
    "start": ("systemctl", "start", "{unit}"),
    "stop": ("systemctl", "stop", "{unit}"),
}
_MENUS = (
    ("grub-mkconfig", "-o", "/boot/grub/grub.cfg"),
    ("grub2-mkconfig", "-o", "/boot/grub2/grub.cfg"),
)
VALIDATORS: dict[str, tuple[str, ...]] = {
    "sshd": ("sshd", "-t", "-f", "{file}"),
    "sudo": ("visudo", "-c", "-f", "{file}"),
    "fstab": ("findmnt", "--verify", "--tab-file", "{file}"),
}
_REMOVABLE = {"dpkg": ("dpkg", "--no-act", "--remove", "{name}"), "rpm": ("rpm", "-e", "--test", "{name}")}
_REMOVE = {"dpkg": ("dpkg", "--remove", "{name}"), "rpm": ("rpm", "-e", "{name}")}
_INSTALL = {
    "dpkg": ("apt-get", "-y", "--no-install-recommends", "install", "{name}={version}"),
    "rpm": ("yum", "-y", "install", "{name}-{version}"),
}


class Ran(Model, frozen=True, kw_only=True):
    """How a program ended: `status` None where it could not be started or did not end; `output` its end."""

    command: str
    status: int | None
    output: str = ""

    @property
    def well(self) -> bool:
        """Whether it ended with 0."""
        return self.status == 0


class Programs:
    """Starts programs on the machine itself, or below another root inside of it."""

    def __init__(self, root: Root) -> None:
        self.root = root

    @property
    def live(self) -> bool:
        """Whether the root is the running machine."""
        return self.root.path == "/"

    def act(self, action: Action) -> Ran:
        """Carries an action out."""
        if action.kind == "make-boot-menu":
            menu = next(
                (one for one in _MENUS if self._has(one[0]) and self._has_directory(one[2])), _MENUS[0]
            )
            return self.run(menu)
        return self.run(_filled(_ACTIONS[action.kind], unit=action.unit))

    def validate(self, kind: str, file: str) -> Ran:
        """What the program that reads such files says of one."""
        return self.run(_filled(VALIDATORS[kind], file=file))

    def removable(self, manager: str, name: str) -> Ran:
        """Whether a package can be removed now: none that is installed needs it. Changes nothing."""
        return self.run(_filled(_REMOVABLE[manager], name=name))

    def remove(self, manager: str, name: str) -> Ran:
        """Takes a package away that no other one needs; its configuration stays."""
        return self.run(_filled(_REMOVE[manager], name=name))

    def install(self, manager: str, name: str, version: str) -> Ran:
        """Installs the very version of a package from the machine's sources."""
        plain = version.partition(":")[2] if manager == "rpm" and version.startswith("0:") else version
        return self.run(_filled(_INSTALL[manager], name=name, version=plain))

    def run(self, command: tuple[str, ...]) -> Ran:
        """One program of the lists above; never raises for it."""
        words = self._located(command)
        shown = " ".join(command)
        if isinstance(words, str):
            return Ran(command=shown, status=None, output=words)
        try:
            done = subprocess.run(  # noqa: S603 - of the lists above, in a directory of the system's
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**ENVIRONMENT, "DEBIAN_FRONTEND": "noninteractive"},
                cwd="/",
                timeout=_TIMEOUT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return Ran(command=shown, status=None, output=str(error)[:_SHOWN])
        text = done.stdout.decode("utf-8", "replace")[-_SHOWN:].strip()
        return Ran(command=shown, status=done.returncode, output=text)

    def _located(self, command: tuple[str, ...]) -> list[str] | str:
        """The words to start, or why they can't be."""
        if self.live:
            program = find_program(command[0])
            return [program, *command[1:]] if isinstance(program, str) else program.reason
        inside = self._inside(command[0])
        chroot = find_program("chroot")
        if inside is None or not isinstance(chroot, str) or os.geteuid() != 0:
            return f"there is no program {command[0]} below the root"
        return [chroot, self.root.path, inside, *command[1:]]

    def _inside(self, name: str) -> str | None:
        for directory in DIRECTORIES:
            meta = self.root.meta(f"{directory}/{name}", entries=False)
            if isinstance(meta, FileMeta) and meta.kind == "file" and meta.uid == 0 and not meta.bits & 0o022:
                return f"{directory}/{name}"
        return None

    def _has(self, name: str) -> bool:
        return isinstance(find_program(name), str) if self.live else self._inside(name) is not None

    def _has_directory(self, path: str) -> bool:
        return isinstance(self.root.meta(path.rpartition("/")[0], entries=False), FileMeta)


def _filled(command: tuple[str, ...], **values: str) -> tuple[str, ...]:
    return tuple(word.format(**values) for word in command)
