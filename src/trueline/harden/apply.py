"""Applies a reviewed plan step by step with a journal, resumes it after a crash, and takes it back."""

import os
from collections.abc import Collection, Iterator
from typing import Literal

from trueline.errors import TruelineError
from trueline.harden.change import Machine, elsewhere, make, take_back
from trueline.harden.files import ChangeFailed, Files
from trueline.harden.journal import (
    Acted,
    Done,
    Ended,
    Intent,
    Journal,
    Refused,
    Run,
    Store,
    Undone,
    intent_of,
)
from trueline.harden.plan import digest_of
from trueline.harden.programs import Programs
from trueline.harden.validate import changed_text, validate
from trueline.model.base import Model
from trueline.model.plan import Action, Change, FileChange, PackageChange, Plan, Step

_INVERSE: dict[str, Literal["start", "stop"]] = {"start": "stop", "stop": "start"}
_LATER = {
    "stop": 0,
    "daemon-reload": 1,
    "load-audit-rules": 2,
    "make-boot-menu": 3,
    "restart": 4,
    "start": 5,
    "reload": 6,
}


class Report(Model, frozen=True, kw_only=True):
    """What happened: steps that were made or taken back, actions with why they failed, and what to know.

    `listed` are actions that were only listed, `kept` steps that stay although they should have been undone.
    """

    run: str = ""
    steps: tuple[str, ...] = ()
    acted: tuple[Acted, ...] = ()
    listed: tuple[Action, ...] = ()
    kept: dict[str, str] = {}
    remarks: tuple[str, ...] = ()


class Hardener:
    """One machine on which plans are applied and undone.

    `now` is the time of the call, RFC 3339 UTC.
    """

    def __init__(self, files: Files, programs: Programs, now: str) -> None:
        self.machine = Machine(files, programs)
        self.store = Store(files)
        self.now = now

    def apply(self, plan: Plan, *, restart: bool = True) -> Report:
        """Does exactly what the plan says. Raises Refused before anything changes, ChangeFailed later."""
        _must_be_root()
        if digest_of(plan) != plan.digest:
            raise Refused(
                "the plan was changed after it was made", hint="Make a new plan; edit no plan by hand."
            )
        unfinished = self._unfinished()
        if unfinished:
            raise Refused(
                f"run {unfinished.name} was not finished",
                hint="`trueline harden apply --resume --yes` ends it, `harden rollback --yes` undoes it.",
            )
        if plan.steps and all(where == "after" for where in self._states(plan)):
            return Report(remarks=("Everything is already as this plan wants it.",))
        self._must_fit(plan)
        with self.store.begin(plan, self.now) as journal:
            remarks = tuple(self._checked(plan, journal))
            return self._go_on(journal, restart=restart, remarks=remarks)

    def resume(self, *, restart: bool = True) -> Report:
        """Ends the run that a crash or an error left unfinished."""
        _must_be_root()
        run = self._unfinished()
        if run is None:
            raise Refused("there is no unfinished run", hint="`trueline harden status` lists all runs.")
        with self.store.open(run) as journal:
            return self._go_on(journal, restart=restart, remarks=())

    def rollback(self, steps: Collection[str] = (), *, restart: bool = True) -> Report:
        """Takes back the last run, or these steps of it; what others changed since stays as it is."""
        _must_be_root()
        run = next((one for one in reversed(self.store.runs()) if one.intents), None)
        if run is None:
            raise Refused("there is nothing to undo", hint="`trueline harden status` lists all runs.")
        if unknown := set(steps) - {step.id for step in run.plan.steps}:
            raise Refused(
                f"run {run.name} has no step {', '.join(sorted(unknown))}", hint="See harden status."
            )
        with self.store.open(run) as journal:
            return self._back(journal, steps, restart=restart)

    def _unfinished(self) -> Run | None:
        return next(
            (run for run in reversed(self.store.runs()) if run.state == "unfinished" and run.intents), None
        )

    def _must_fit(self, plan: Plan) -> None:
        """Every object is as it was when the plan was made, and becomes what the plan shows."""
        for step in plan.steps:
            for change in step.changes:
                if self.machine.where(change) != "before":
                    raise Refused(
                        f"{step.id}: {elsewhere(change).message}", hint="Make a new plan and review it."
                    )
                if _has_text(change):
                    assert isinstance(change, FileChange)
                    changed_text(step, change, self.machine.files)

    def _states(self, plan: Plan) -> Iterator[str]:
        return (self.machine.where(change) for step in plan.steps for change in step.changes)

    def _checked(self, plan: Plan, journal: Journal) -> list[str]:
        """Lets the programs that read the files check them; a bad one ends the run before it begins."""
        try:
            return validate(plan.steps, self.machine.files, self.machine.programs)
        except TruelineError:
            journal.add(Ended(at=self.now, how="undone"))
            raise

    def _go_on(self, journal: Journal, *, restart: bool, remarks: tuple[str, ...]) -> Report:
        made = []
        for step in self._in_order(journal.run.plan.steps):
            for index, change in enumerate(step.changes):
                if (step.id, index) not in journal.run.done:
                    self._change(journal, step, index, change)
            made.append(step.id)
        actions = list(_actions(journal.run.plan.steps))
        acted, listed = self._act(journal, actions, restart=restart)
        journal.add(Ended(at=self.now, how="applied"))
        return Report(run=journal.run.name, steps=tuple(made), acted=acted, listed=listed, remarks=remarks)

    def _in_order(self, steps: tuple[Step, ...]) -> Iterator[Step]:
        """The plan's order, but a package goes only after those that need it."""
        packages = [step for step in steps if any(isinstance(one, PackageChange) for one in step.changes)]
        yield from (step for step in steps if step not in packages)
        while packages:
            ready = next((step for step in packages if self._can_go(step)), packages[0])
            packages.remove(ready)
            yield ready

    def _can_go(self, step: Step) -> bool:
        return all(
            self.machine.where(one) == "after" or self.machine.programs.removable(one.manager, one.name).well
            for one in step.changes
            if isinstance(one, PackageChange)
        )

    def _change(self, journal: Journal, step: Step, index: int, change: Change) -> None:
        """One change: the original aside, the intent on disk, the change, that it was done.

        What is already as it should be gets no intent, so that undoing leaves it.
        """
        known = (step.id, index) in journal.run.intents
        where = self.machine.where(change)
        name = _name(journal.run, step, index)
        if where == "elsewhere" or (where == "between" and not known):
            raise elsewhere(change)
        if isinstance(change, FileChange) and change.after and change.after.kind != "directory":
            self.machine.files.discard(change.path, name)
        if where != "after":
            found = self.machine.files.look(change.path) if isinstance(change, FileChange) else None
            if not known:
                self._intend(journal, step, index, change)
            make(self.machine, step, change, found, name)
        journal.add(Done(step=step.id, index=index))

    def _intend(self, journal: Journal, step: Step, index: int, change: Change) -> None:
        found = self.machine.files.look(change.path) if isinstance(change, FileChange) else None
        kept: Literal["", "link", "copy"] = ""
        if isinstance(change, FileChange) and found is not None and _replaced(change):
            kept = journal.keep(change.path, found, _name(journal.run, step, index))
        journal.add(intent_of(step.id, index, found, kept))

    def _back(self, journal: Journal, steps: Collection[str], *, restart: bool) -> Report:
        run = journal.run
        kept: dict[str, str] = {}
        undone: list[str] = []
        by_id = {step.id: step for step in run.plan.steps}
        for (step_id, index), intent in reversed(run.intents.items()):
            if steps and step_id not in steps:
                continue
            try:
                self._undo(journal, by_id[step_id], index, intent)
            except ChangeFailed as error:
                kept[step_id] = error.message
            else:
                undone.append(step_id)
        whole = tuple(dict.fromkeys(one for one in undone if one not in kept))
        actions = [_inverse(one) for one in _actions(by_id[name] for name in whole)]
        acted, listed = self._act(journal, actions, restart=restart)
        if not run.intents:
            journal.add(Ended(at=self.now, how="undone"))
        return Report(run=run.name, steps=whole, acted=acted, listed=listed, kept=kept)

    def _undo(self, journal: Journal, step: Step, index: int, intent: Intent) -> None:
        change = step.changes[index]
        where = self.machine.where(change)
        name = _name(journal.run, step, index)
        if isinstance(change, FileChange):
            self.machine.files.discard(change.path, name)
        if where == "elsewhere":
            raise elsewhere(change)
        if where != "before":
            take_back(self.machine, change, intent, journal, name)
        journal.add(Undone(step=step.id, index=index))

    def _act(
        self, journal: Journal, actions: list[Action], *, restart: bool
    ) -> tuple[tuple[Acted, ...], tuple[Action, ...]]:
        """What takes the files up, once, at the end: what stops first, who may lock out last."""
        if not restart or not self.machine.programs.live:
            return (), tuple(actions)
        acted = []
        for one in actions:
            ran = self.machine.programs.act(one)
            entry = Acted(action=one, failed="" if ran.well else ran.output or f"exit status {ran.status}")
            journal.add(entry)
            acted.append(entry)
        return tuple(acted), ()


def _must_be_root() -> None:
    if os.geteuid() != 0:
        raise Refused("only root may change a machine", hint="Run it as root; `harden plan` needs no more.")


def _has_text(change: Change) -> bool:
    if not isinstance(change, FileChange) or change.after is None or change.after.kind != "file":
        return False
    return change.before is None or change.before.digest != change.after.digest


def _replaced(change: FileChange) -> bool:
    """Whether the file that is there goes: then it is kept aside."""
    before, after = change.before, change.after
    return before is not None and before.kind == "file" and (after is None or before.digest != after.digest)


def _name(run: Run, step: Step, index: int) -> str:
    """Of the temporary file beside the target, and of the original that is kept."""
    return f".trueline-{run.name}-{step.id}-{index}"


def _actions(steps: Iterator[Step] | tuple[Step, ...]) -> Iterator[Action]:
    """Each action once, in a safe order; systemd reads its units again where links of units changed."""
    listed = list(steps)
    found = [action for step in listed for action in step.actions]
    if any(
        one.path.startswith("/etc/systemd/system/")
        for step in listed
        for one in step.changes
        if isinstance(one, FileChange)
    ):
        found.append(Action(kind="daemon-reload"))
    yield from sorted(dict.fromkeys(found), key=lambda one: _LATER[one.kind])


def _inverse(action: Action) -> Action:
    return Action(kind=_INVERSE.get(action.kind, action.kind), unit=action.unit)
