"""Runs to put into a history, and a program that puts them there."""

import sys
from datetime import UTC, datetime, timedelta

import msgspec

from tests.report.sample import assessment, evidence, result
from trueline.store.history import Documents, open_history

START = datetime(2026, 1, 1, tzinfo=UTC)
DOCUMENTS = Documents(snapshot=b'{"facts": true}', policies=(("policies/a.yaml", b"owners: {}\n"),))


def moment(day: int) -> str:
    return (START + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%SZ")


def run(day: int = 0, node: str = "cp-1", *, benchmark: str = "cis-1.12", size: int = 3, **outcomes: str):
    """Checks 1.2.1 and on; `outcomes` are those that are no passes, as `c2="fail"` for 1.2.2."""
    results = [
        result(
            f"1.2.{number}",
            f"Check {number}",
            "master",
            "1.2",
            outcomes.get(f"c{number}", "pass"),
            component="kube-apiserver",
            evidence=(evidence("flag", outcomes.get(f"c{number}", "pass"), "pass"),),
        )
        for number in range(1, size + 1)
    ]
    made = assessment(results)
    target = msgspec.structs.replace(made.target, name=node, collected_at=moment(day))
    head = msgspec.structs.replace(made.benchmark, id=benchmark)
    return msgspec.structs.replace(made, target=target, benchmark=head)


def write_many(place: str, writer: str, number: int) -> None:
    """Appends runs one by one and says each that was appended."""
    for day in range(number):
        history = open_history(place)
        stored, _ = history.add(run(day, f"node-{writer}", c1="fail"), DOCUMENTS, saved_at=moment(day))
        sys.stdout.write(f"{stored.run.id}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    write_many(sys.argv[1], sys.argv[2], int(sys.argv[3]))
