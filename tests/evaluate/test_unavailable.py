"""Whatever is missing or broken in the facts: no exception, and no verdict that the facts don't carry."""

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.node_tree import judged
from trueline.cli.gather import example
from trueline.content.load import load_components
from trueline.model.cluster import ResourceName
from trueline.model.facts import Absent, Document, NodeFacts, Process, Unavailable
from trueline.model.results import Outcome

EXAMPLE = example()
FULL = {result.number: result.outcome for result in judged(EXAMPLE).results}
GONE = Unavailable(kind="denied", reason="taken away")
DECIDED = {Outcome.PASS, Outcome.FAIL}
slow = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@slow
@given(st.data())
def test_taking_facts_away_never_makes_a_verdict(data):
    node = EXAMPLE.node
    files = data.draw(st.sets(st.sampled_from(sorted(node.files))))
    documents = data.draw(st.sets(st.sampled_from(sorted(node.documents))))
    lists = data.draw(st.sets(st.sampled_from(ResourceName.__args__)))
    processes = data.draw(st.sampled_from([node.processes, GONE]))
    less = msgspec.structs.replace(
        EXAMPLE,
        node=msgspec.structs.replace(
            node,
            processes=processes,
            files={path: GONE if path in files else fact for path, fact in node.files.items()},
            documents={path: GONE if path in documents else fact for path, fact in node.documents.items()},
        ),
        cluster=msgspec.structs.replace(EXAMPLE.cluster, unavailable=dict.fromkeys(lists, "taken away")),
    )
    for result in judged(less).results:
        if result.outcome in DECIDED:
            assert result.outcome is FULL[result.number], result


@slow
@given(st.data())
def test_any_document_is_judged_without_an_exception(data):
    node = EXAMPLE.node
    path = data.draw(st.sampled_from(sorted(node.documents)))
    kind = node.documents[path].kind if isinstance(node.documents[path], Document) else "Pod"
    broken = {**node.documents, path: Document(kind=kind, data=data.draw(json))}
    judged(msgspec.structs.replace(EXAMPLE, node=msgspec.structs.replace(node, documents=broken)))


@slow
@given(st.data())
def test_any_arguments_are_judged_without_an_exception(data):
    names = sorted(load_components())
    flags = [
        f"--{flag}" for part in load_components().values() for one in part.settings for flag in one.all_flags
    ]
    words = st.lists(
        st.sampled_from(flags) | st.text(max_size=12) | st.sampled_from(["--", "=", "true"]), max_size=8
    )
    processes = tuple(
        Process(
            pid=number,
            component=data.draw(st.sampled_from(names)),
            executable=None,
            uid=0,
            arguments=tuple(data.draw(words)),
        )
        for number in range(data.draw(st.integers(0, 4)))
    )
    judged(msgspec.structs.replace(EXAMPLE, node=msgspec.structs.replace(EXAMPLE.node, processes=processes)))


def test_a_node_of_which_nothing_is_known_passes_nothing():
    blind = NodeFacts(hostname="", processes=GONE)
    nothing = msgspec.structs.replace(EXAMPLE, node=blind, cluster=None)
    assert not [result for result in judged(nothing).results if result.outcome in DECIDED]


def test_a_node_of_which_all_is_absent_passes_nothing():
    node = EXAMPLE.node
    bare = msgspec.structs.replace(
        node,
        files=dict.fromkeys(node.files, Absent()),
        documents=dict.fromkeys(node.documents, Absent()),
        processes=(),
    )
    results = judged(msgspec.structs.replace(EXAMPLE, node=bare, cluster=None)).results
    assert not [result for result in results if result.outcome in DECIDED]
