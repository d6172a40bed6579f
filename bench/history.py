"""Measures a history of 1,000 runs of 130 results: python bench/history.py."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.store.runs import DOCUMENTS, moment, run
from trueline.store.history import Query, open_history
from trueline.store.verify import problems

RUNS, NODES, SIZE = 1000, 10, 130


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = str(Path(folder, "history.db"))
        history = open_history(place)
        with timed("filling it, per run", RUNS):
            for number in range(RUNS):
                worse = {f"c{1 + number % 7}": "fail"}
                made = run(number // NODES, f"node-{number % NODES}", size=SIZE, **worse)
                history.add(made, DOCUMENTS, saved_at=moment(number))
        print(f"{'size':<28}{Path(place).stat().st_size / 1e6:8.1f} MB")
        with timed("search: number and outcome"):
            assert history.search(Query(number="1.2.3", outcome="fail"))
        with timed("search: node, time, outcome"):
            assert history.search(Query(node="node-3", since=moment(50), outcome="fail"))
        with timed("list"):
            assert len(history.runs()) == RUNS
        last = history.runs(limit=1)[0]
        with timed("past and trend of a run"):
            assert history.past(last)
            assert history.trend(last)
        with timed("verify"):
            assert problems(history.database) == []
        command = [sys.executable, "-m", "trueline", "history", "diff", str(last.id), "--store", place]
        with timed("history diff, as a process"):
            subprocess.run(command, check=False, capture_output=True)


class timed:  # noqa: N801
    def __init__(self, what: str, times: int = 1) -> None:
        self.what, self.times = what, times

    def __enter__(self) -> None:
        self.start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        print(f"{self.what:<28}{(time.perf_counter() - self.start) / self.times:8.3f} s")


if __name__ == "__main__":
    main()
