"""The walk of docs/tutorial.md, run as a newcomer would: its blocks in order, in one shell and directory."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
STATUS = re.compile(r"# exit status (\d+)$", re.MULTILINE)
# Sources $1/N.sh for each N below $2 in one shell, in directory $3; what a block prints goes to $1/N.out
DRIVER = 'cd "$3"; for n in $(seq 0 $(($2 - 1))); do source "$1/$n.sh" > "$1/$n.out" 2>&1; done'
# Each status that is not 0 goes to a file of its block.
BLOCK = "trap 'echo $? >> {status}' ERR\n{commands}\ntrap - ERR\n"


class Step(NamedTuple):
    """A block of commands, and the block of output below it."""

    commands: str
    output: str

    @property
    def statuses(self):
        return STATUS.findall(self.commands)


def steps():
    found = re.findall(r"```sh\n(.*?)```\n(?:\n```text\n(.*?)```)?", PAGE.read_text(), re.DOTALL)
    return [Step(*one) for one in found]


STEPS = steps()


def pattern(output):
    """What the page shows as a regular expression: a line `...` is any lines, `...` in a line is any text."""
    return "".join(r"(?:.*\n)*?" if line == "..." else spaced(line) + r"\n" for line in output.splitlines())


def spaced(line):
    """Columns are as wide as what is in them, ids and days among that: any number of blanks is as good."""
    words = [re.sub(r"\s+", r" ", part) for part in line.split("...")]
    return ".*?".join(re.escape(part).replace(r"\ ", r" +") for part in words) + " *"


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """A list of (statuses, output) of each step, after a walk in an empty directory and an empty home."""
    blocks, place, home = (tmp_path_factory.mktemp(name) for name in ("blocks", "place", "home"))
    for number, step in enumerate(STEPS):
        status = blocks / f"{number}.status"
        status.touch()
        (blocks / f"{number}.sh").write_text(BLOCK.format(status=status, commands=step.commands))
    folder = Path(sys.executable).parent
    environment = {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
    }
    subprocess.run(
        ["bash", "-c", DRIVER, "bash", blocks, str(len(STEPS)), place],
        env=environment,
        stdin=subprocess.DEVNULL,
        check=True,
        timeout=300,
    )
    assert not list(home.iterdir())  # the page says that it writes into the current directory alone
    return [
        ((blocks / f"{number}.status").read_text().split(), (blocks / f"{number}.out").read_text())
        for number in range(len(STEPS))
    ]


def name(number):
    return f"{number}: {STEPS[number].commands.splitlines()[0][:40]}"


@pytest.mark.parametrize("number", range(len(STEPS)), ids=name)
def test_each_step_ends_as_the_page_says(walked, number):
    statuses, output = walked[number]
    assert statuses == STEPS[number].statuses, output


@pytest.mark.parametrize("number", range(len(STEPS)), ids=name)
def test_each_step_prints_what_the_page_shows(walked, number):
    _, output = walked[number]
    assert re.fullmatch(pattern(STEPS[number].output), output), output


def test_every_block_is_a_step():
    blocks = re.findall(r"^```(\w*)\n.*?^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert set(blocks) == {"sh", "text"}
    assert blocks.count("sh") == len(STEPS)
    assert blocks.count("text") == sum(bool(step.output) for step in STEPS)


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\n...\nd", "a\nb\nc\nd\n", True),
        ("a\n...\nd", "a\nd\n", True),
        ("a\nd", "a\nb\nd\n", False),
        ("a ... d", "a b c d\n", True),
        ("a ... d", "a\nd\n", False),
        ("Gate: PASS on ...", "Gate: FAIL on 2026-01-01\n", False),
        ("a  b", "a      b\n", True),
        ("ab", "a b\n", False),
        ("", "a\n", False),
    ],
)
def test_words_that_differ_are_seen(shown, printed, same):
    assert bool(re.fullmatch(pattern(shown), printed)) is same
