"""The text report is made of lines that other programs sort and compare."""

import subprocess

import msgspec

from tests.report.sample import RICH, assessment
from trueline.assess import totals
from trueline.model.results import Assessment, Outcome
from trueline.report.text import render

RECIPE = """
grep '^\\[FAIL\\]' before.txt | sort > before.fail
grep '^\\[FAIL\\]' after.txt | sort > after.fail
comm -13 before.fail after.fail
"""


def failing(base: Assessment, number: str) -> Assessment:
    results = tuple(
        msgspec.structs.replace(one, outcome=Outcome.FAIL, scored=True, automated=True)
        if one.number == number
        else one
        for one in base.results
    )
    return msgspec.structs.replace(base, results=results, counts=totals(results))


def test_w49_sort_and_comm_give_exactly_the_new_failures(tmp_path):
    passing = [one for one in RICH.results if one.outcome is Outcome.PASS]
    (tmp_path / "before.txt").write_text(render(RICH))
    (tmp_path / "after.txt").write_text(render(failing(RICH, passing[0].number)))
    done = subprocess.run(
        ["/bin/bash", "-ec", RECIPE], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"[FAIL] {passing[0].number} {passing[0].title}\n"


def test_w49_each_check_has_one_line_and_the_same_text_gives_the_same_report():
    lines = render(RICH).splitlines()
    starts = [line.split(maxsplit=2)[:2] for line in lines if line.startswith(("[PASS]", "[FAIL]", "[WARN]"))]
    wanted = [[f"[{one.state}]", one.number] for one in RICH.results if one.state != "INFO"]
    assert sorted(starts) == sorted(wanted)
    assert render(RICH) == render(msgspec.json.decode(msgspec.json.encode(RICH), type=Assessment))
    assert render(assessment([])).count("[FAIL]") == 0
