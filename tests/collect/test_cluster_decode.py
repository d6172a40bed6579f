"""Whatever stands in a list, decoding gives objects or a reason; null is the default wherever it stands."""

import copy
import json
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.collect.apiserver import recorded
from trueline.collect.kubeapi import CannotRead
from trueline.collect.kubedecode import PageDecoder
from trueline.collect.kuberesources import RESOURCES

BY_NAME = {resource.name: resource for resource in RESOURCES}
OBJECTS = recorded()


def decoded(name, *items):
    page = {"kind": f"{BY_NAME[name].kind}List", "metadata": {}, "items": list(items)}
    return PageDecoder(BY_NAME[name]).decode(json.dumps(page).encode())[0]


def paths(value, prefix=()):
    """All places in a document."""
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, inner in entries:
        yield (*prefix, key)
        yield from paths(inner, (*prefix, key))


def with_value(document, path, value):
    changed = copy.deepcopy(document)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


@pytest.mark.parametrize("name", [name for name, items in OBJECTS.items() if items])
def test_null_in_any_field_is_no_error(name):
    example = max(OBJECTS[name], key=lambda item: len(json.dumps(item)))
    for path in paths(example):
        if isinstance(path[-1], str) and path not in (("metadata",), ("metadata", "name")):
            assert decoded(name, with_value(example, path, None))


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("pods", {"metadata": {"name": "x", "labels": None, "namespace": None}, "spec": None}),
        ("pods", {"metadata": {"name": "x"}, "spec": {"containers": None, "serviceAccountName": None}}),
        ("roles", {"metadata": {"name": "x"}, "rules": [{"verbs": None, "apiGroups": None}]}),
        ("rolebindings", {"metadata": {"name": "x"}, "subjects": None, "roleRef": None}),
    ],
)
def test_null_means_the_default(name, item):
    (found,) = decoded(name, item)
    kept = msgspec.to_builtins(found)
    assert "null" not in json.dumps(kept)
    assert found.metadata.namespace == ""


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("value", [5, "text", ["a"], [[]], [None], True, 1.5])
def test_metadata_of_a_wrong_type_names_the_resource(name, value):
    with pytest.raises(CannotRead, match=f"no valid {BY_NAME[name].kind}"):
        decoded(name, {"metadata": {"name": "fine"}}, {"metadata": value})


@pytest.mark.parametrize("item", [5, "text", [], True])
def test_an_object_that_is_none(item):
    with pytest.raises(CannotRead, match="no valid Pod"):
        decoded("pods", item)


def test_the_broken_object_is_named():
    with pytest.raises(CannotRead, match=r"^shop/web is no valid Pod: Expected `bool \| null`, got `str`"):
        decoded("pods", {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"hostNetwork": "true"}})


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_any_value_in_any_place_is_objects_or_a_reason(data):
    name = data.draw(st.sampled_from([name for name, items in OBJECTS.items() if items]))
    example = data.draw(st.sampled_from(OBJECTS[name]))
    path = data.draw(st.sampled_from(list(paths(example))))
    with suppress(CannotRead):
        (found,) = decoded(name, with_value(example, path, data.draw(anything)))
        assert msgspec.json.decode(msgspec.json.encode(found), type=type(found)) == found


@given(st.sampled_from(sorted(BY_NAME)), st.binary(max_size=60))
def test_any_bytes_are_no_objects(name, body):
    with suppress(CannotRead):
        assert PageDecoder(BY_NAME[name]).decode(body) == ([], "")


@given(st.data())
def test_a_page_cut_anywhere_is_never_objects(data):
    page = json.dumps({"kind": "PodList", "metadata": {}, "items": OBJECTS["pods"]}).encode()
    cut = data.draw(st.integers(0, len(page) - 1))
    with pytest.raises(CannotRead):
        PageDecoder(BY_NAME["pods"]).decode(page[:cut])
