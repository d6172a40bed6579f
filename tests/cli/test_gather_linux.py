"""The operating system is read where a scan asks for it, and its files are searched where it says so."""

from trueline.cli.gather import Place, collect_snapshot
from trueline.cli.progress import Progress
from trueline.model.known import Unavailable


def tree(top):
    for name, text in {"etc/passwd": "root:x:0:0::/root:/bin/sh\n", "etc/group": "root:x:0:\n"}.items():
        (top / name).parent.mkdir(exist_ok=True)
        (top / name).write_text(text)
    return str(top)


def test_a_scan_that_asks_for_no_operating_system_reads_none(tmp_path):
    snapshot, _ = collect_snapshot(Place(root=tree(tmp_path)), Progress())
    assert snapshot.node.linux is None


def test_the_search_of_the_files_is_asked_for_apart(tmp_path):
    snapshot, _ = collect_snapshot(Place(root=tree(tmp_path), linux=True), Progress())
    assert snapshot.node.linux.accounts.passwd.entries[0].name == "root"
    assert isinstance(snapshot.node.linux.walk, Unavailable)
    assert snapshot.node.linux.walk.kind == "not-collected"


def test_the_search_ends_at_its_limits(tmp_path):
    for number in range(11_000):
        (tmp_path / str(number)).touch()
    place = Place(root=tree(tmp_path), linux=True, walk=True, walk_files=10_000)
    snapshot, _ = collect_snapshot(place, Progress())
    assert not snapshot.node.linux.walk.complete
    assert snapshot.node.linux.walk.stopped
