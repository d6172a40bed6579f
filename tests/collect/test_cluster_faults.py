"""A server that fails or lies costs the list that it lies about, with a reason; nothing hangs."""

import re
import socket

import msgspec
import pytest

from tests.collect.apiserver import recorded, serve
from tests.collect.test_cluster import QUICK, collected
from trueline.collect.kuberesources import RESOURCES

TIGHT = msgspec.structs.replace(QUICK, page_items=5, page_bytes=1_000_000, objects=200, pages=40)

# fault: what the reason says
LOST = {
    "forbidden": r"^forbidden: pods is forbidden: User .*get and list must be granted",
    "not-found": r"^HTTP 404: the server could not find",
    "gone": r"^HTTP 410: The provided continue is too old",
    "error": r"^HTTP 500: etcdserver: request timed out",
    "throttle-for-hours": r"^HTTP 429: too many",
    "half-page": r"broke off|no PodList: .*truncated",
    "cut-json": r"no PodList: .*truncated",
    "bad-gzip": r"compression is broken",
    "bomb": r"larger than 1000000 bytes",
    "hang": r"no complete answer within 1 s",
    "drop": r"broke off",
    "endless": r"larger than 1000000 bytes",
    "trickle": r"took too long|no complete answer",
    "trickle-headers": r"no complete answer|ran out",
    "endless-pages": r"more than 40 pages",
    "same-token": r"same page again",
    "html": r"answered text/html where JSON belongs",
    "html-as-json": r"no PodList: JSON is malformed",
    "redirect": r"redirect \(HTTP 302\)",
    "other-kind": r"no PodList but SecretList",
    "other-item-kind": r"in the list of pods is of the kind Secret",
    "no-items": r"no items",
    "null-item": r"no valid Pod",
    "nameless": r"list of pods has no name",
    "wrong-type": r"^odd is no valid Pod: Expected `str`, got `array` - at `\$\.metadata\.namespace`",
    "wrong-token-type": r"no PodList: .*continue",
    "deep": r"nested too deep|no PodList|no valid Pod",
    "not-unicode": r"no PodList",
    "expired-token": r"^unauthorized",
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("fault", LOST)
def test_a_fault_costs_the_list_it_strikes(tmp_path, fault):
    with serve(faults={"pods": fault}) as server:
        facts = collected(server, tmp_path, TIGHT)
    assert re.search(LOST[fault], facts.unavailable["pods"])
    assert facts.unavailable["pods"].isprintable()
    assert facts.pods == ()
    if fault != "expired-token":
        assert set(facts.unavailable) == {"pods"}
        assert len(facts.cluster_roles) == len(recorded()["clusterroles"])


@pytest.mark.parametrize(
    "fault", ["gone-once", "error-once", "throttle-once", "drop-once", "compressed", "chunked"]
)
def test_a_fault_that_passes_costs_nothing(tmp_path, fault):
    with serve(faults=dict.fromkeys(("pods", "clusterroles"), fault)) as server:
        facts = collected(server, tmp_path, TIGHT)
    assert facts.unavailable == {}
    assert [p.metadata.name for p in facts.pods] == [p["metadata"]["name"] for p in recorded()["pods"]]
    assert len(facts.cluster_roles) == len(recorded()["clusterroles"])


def test_null_items_are_an_empty_list(tmp_path):
    with serve(faults={"pods": "null-items"}) as server:
        facts = collected(server, tmp_path)
    assert facts.pods == ()
    assert facts.unavailable == {}


def test_more_objects_than_the_limit(tmp_path):
    with serve() as server:
        facts = collected(server, tmp_path, msgspec.structs.replace(TIGHT, objects=10))
    assert facts.unavailable["pods"] == "there are more than 10 objects"


def test_a_redirect_is_not_followed(tmp_path):
    with serve(faults={"*": "redirect"}) as server:
        collected(server, tmp_path)
        assert not any(path == "/elsewhere" for _, path in server.asked)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("fault", ["hang", "trickle", "trickle-headers", "endless", "drop"])
def test_a_server_that_does_this_everywhere_ends_in_time(tmp_path, fault):
    limits = msgspec.structs.replace(TIGHT, request_seconds=0.4, total_seconds=2.0)
    with serve(faults={"*": fault}) as server:
        facts = collected(server, tmp_path, limits)
    assert set(facts.unavailable) == {resource.name for resource in RESOURCES}
    assert facts.version is None


@pytest.mark.timeout(30)
def test_lists_that_the_total_time_does_not_allow_are_unavailable(tmp_path):
    limits = msgspec.structs.replace(TIGHT, request_seconds=5.0, total_seconds=1.0)
    with serve(faults={resource.name: "hang" for resource in RESOURCES}) as server:
        facts = collected(server, tmp_path, limits)
    assert facts.version == "v1.36.2"
    assert set(facts.unavailable) == {resource.name for resource in RESOURCES}


def test_nobody_listens(tmp_path):
    with serve({}) as server:
        path = server.kubeconfig(tmp_path)
    from trueline.collect.cluster import collect_cluster

    facts = collect_cluster(path, limits=QUICK)
    assert set(facts.unavailable.values()) == {"connection failed: Connection refused"}
    assert facts.version is None


def test_someone_listens_and_never_speaks(tmp_path):
    with socket.socket() as silent, serve({}) as server:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        server.address = f"https://127.0.0.1:{silent.getsockname()[1]}"
        facts = collected(server, tmp_path, msgspec.structs.replace(QUICK, request_seconds=0.3))
    assert set(facts.unavailable.values()) == {"no complete answer within 0.3 s"}


def test_a_name_that_does_not_resolve(tmp_path):
    with serve({}) as server:
        server.address = "https://cluster.invalid:6443"
        facts = collected(server, tmp_path)
    assert set(facts.unavailable.values()) == {"the server's name could not be resolved"}


def test_plain_http_where_tls_is_spoken(tmp_path):
    with serve({}) as server:
        server.address = server.address.replace("https", "http")
        facts = collected(server, tmp_path)
    assert len(facts.unavailable) == len(RESOURCES)
