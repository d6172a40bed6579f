"""Templates are rendered as Kubernetes tools render them, numbers as Go prints them."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueline.kubebench.documents import BadDocument, parse
from trueline.kubebench.gotext import number, plain_json, quoted
from trueline.kubebench.jsonpath import render
from trueline.kubebench.jsonpath_parse import BadTemplate

JSON = json.dumps(
    {
        "million": 1000000,
        "nearly": 999999,
        "pids": 4194304,
        "one": 1.0,
        "half": 0.5,
        "tiny": 1e-7,
        "null": None,
        "empty": "",
        "none": [],
        "map": {"z": "<&>", "a": 1},
        "list": ["A", "B", "C", "D"],
        "items": [{"k": 1, "v": "x"}, {"k": 2, "v": "y"}, {"k": 3}],
        "client-transport-security": {"auto-tls": True},
        "a.b": "dotted",
        "text": "raw <text>",
    }
)
YAML = """
octal: 0644
hex: 0x1F
grouped: 1_000
exponent: 1e3
million: 1000000
time: 12:30:45
date: 2024-01-01
map: {x: 1}
list: [1, two, yes]
y: 1
on: 2
tls: [A, B]
quoted: "0644"
"""


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{.million}", "1e+06"),
        ("{.nearly}", "999999"),
        ("{.pids}", "4.194304e+06"),
        ("{.one}", "1"),
        ("{.half}", "0.5"),
        ("{.tiny}", "1e-07"),
        ("{.null}", "null"),
        ("{.empty}", ""),
        ("{.none}", "[]"),
        ("{.missing}", ""),
        ("{.missing.deeper[0].still}", ""),
        ("{.map}", '{"a":1,"z":"\\u003c\\u0026\\u003e"}'),
        ("{.list}", '["A","B","C","D"]'),
        ("{.list[*]}", "A B C D"),
        ("{.list[0]}", "A"),
        ("{.list[-1]}", "D"),
        ("{.list[1:3]}", "B C"),
        ("{.list[0:4:2]}", "A C"),
        ("{.list[:2]}", "A B"),
        ("{.list[2:2]}", ""),
        ("{.list[0,2]}", "A C"),
        ("{.items[*].k}", "1 2 3"),
        ("{.items[*]['k','v']}", "1 2 3 x y"),
        ("{..k}", "1 2 3"),
        ("{.map.*}", "<&> 1"),
        ('{.items[?(@.v=="x")].k}', "1"),
        ("{.items[?(@.v=='x')].k}", "1"),
        ('{.items[?(@.v!="x")].k}', "2"),
        ("{.items[?(@.k>1.0)].k}", "2 3"),
        ("{.items[?(@.k<=2.0)].k}", "1 2"),
        ("{.items[?(@.v)].k}", "1 2"),
        ("{.items[?(@.v=~'^[xy]$')].k}", None),
        ("{.client-transport-security.auto-tls}", "true"),
        ("{['client-transport-security']['auto-tls']}", "true"),
        ("{['a.b']}", ""),
        (r"{['a\.b']}", "dotted"),
        (r"{.a\.b}", "dotted"),
        ("{.text}", "raw <text>"),
        ("a {.one} b {.nearly}", "a 1 b 999999"),
        ("{'quoted'}", "quoted"),
        (r'{"a\tb"}', "a\tb"),
        ("{5}", "5"),
        ("{-1.5}", "-1.5"),
        ("{true}", "true"),
        ("{range .list[:]}{}{','}{end}", "A,B,C,D,"),
        ("{range .items[*]}{.k}:{.v};{end}", "1:x;2:y;3:;"),
        ("{range .missing[*]}{.k}{end}!", "!"),
        (".key", ".key"),
        ("/a/b", "/a/b"),
        ("{.missing}}", "}"),
        ("{@.one}{$.one}", "11"),
        ("{ .one }", "1"),
    ],
)
def test_template_on_json(template, expected):
    document = parse(JSON, strict_compat=True)
    if expected is None:
        with pytest.raises(BadTemplate):
            render(template, document, strict_compat=True)
    else:
        assert render(template, document, strict_compat=True) == expected


@pytest.mark.parametrize(
    "template",
    [
        "{",
        "{.a",
        "{end}",
        "{unknown}",
        "{.list[}",
        "{.list[x]}",
        "{.list[9]}",
        "{.list[2:1]}",
        "{.list[::0]}",
        "{.one[0]}",
        "{.map[?(@.x)]}",
        "{.items[?(@.k=='x')]}",
        "{.items[?(@.k==1)]}",
        "{.items[?(@.v<1.0)]}",
        "{....a}",
        "{'open}",
        r"{'\q'}",
        "{*}",
        "{.items[?(@.k==1.0]}",
        "{1.2.3}",
        "{[99999999999999999999]}",
        "{range .list[*]}" * 60,
        "{" + "..*" * 40 + "}",
    ],
)
def test_template_that_is_an_error(template):
    with pytest.raises(BadTemplate):
        render(template, parse(JSON, strict_compat=True), strict_compat=True)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{.octal}", "420"),
        ("{.hex}", "31"),
        ("{.grouped}", "1000"),
        ("{.exponent}", "1000"),
        ("{.million}", "1000000"),
        ("{.time}", "12:30:45"),
        ("{.date}", "2024-01-01"),
        ("{.quoted}", "0644"),
        ("{.list}", '[1,"two",true]'),
        ("{.y}", ""),
        ("{.on}", ""),
        ("{.map.x}", "1"),
        ("{range .tls[:]}{}{','}{end}", "A,B,"),
    ],
)
def test_template_on_yaml(template, expected):
    assert render(template, parse(YAML, strict_compat=True), strict_compat=True) == expected


@pytest.mark.parametrize("text", ["- 1\n- 2\n", "just text", "5", ""])
def test_path_on_a_list_or_scalar_renders_nothing(text):
    assert render("{.key}", parse(text, strict_compat=True), strict_compat=True) == ""


def test_map_from_yaml_can_not_be_printed_strictly_but_by_default():
    document = parse(YAML, strict_compat=True)
    with pytest.raises(BadTemplate):
        render("{.map}", document, strict_compat=True)
    assert render("{.map}", document, strict_compat=False) == '{"x":1}'


def test_b1_whole_numbers_of_json_stay_whole_by_default():
    document = parse('{"podPidsLimit": 4194304, "n": [{"p": 80}]}', strict_compat=False)
    assert render("{.podPidsLimit}", document, strict_compat=False) == "4194304"
    assert render("{.n[?(@.p==80)].p}", document, strict_compat=False) == "80"


@pytest.mark.parametrize(
    "text", ["a: [", "a: *x", "\x01", "a: b: c", "[" * 300_000, "- " * 5_000, "{" * 5_000 + "a"]
)
def test_what_is_no_document_is_refused(text):
    with pytest.raises(BadDocument):
        parse(text, strict_compat=False)


def test_aliases_that_grow_are_refused():
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(BadDocument):
        parse("\n".join(lines), strict_compat=False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (100000.0, "100000"),
        (123456.7, "123456.7"),
        (1234567.0, "1.234567e+06"),
        (1e21, "1e+21"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (-2.5, "-2.5"),
        (1e100, "1e+100"),
        (float("inf"), "+Inf"),
        (float("nan"), "NaN"),
    ],
)
def test_number_as_go_prints_it(value, expected):
    assert number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [([1e6], "[1000000]"), ([1e21], "[1e+21]"), ([1e-7], "[1e-7]"), ([1.5, None, True], "[1.5,null,true]")],
)
def test_number_inside_json(value, expected):
    assert plain_json(value) == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_printed_number_is_the_same_number(value):
    assert float(number(value)) == value
    assert float(plain_json(value)) == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [('a\nb\t"c"\\', r'"a\nb\t\"c\"\\"'), ("é", '"é"'), ("\x00\x7f", r'"\x00\x7f"'), ("\u200b", r'"\u200b"')],
)
def test_quoted_as_go_does(text, expected):
    assert quoted(text) == expected


TEMPLATES = st.text(alphabet="{}[]().,:?@$*'\"\\ab01-=<>~! \n", max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "a.b"]), inner),
    max_leaves=10,
)


@given(TEMPLATES, VALUES, st.booleans())
def test_any_template_gives_text_or_its_own_error(template, value, strict):
    with contextlib.suppress(BadTemplate):
        assert isinstance(render(template, value, strict_compat=strict), str)


@given(st.text(max_size=200), st.booleans())
def test_any_text_is_a_document_or_refused(text, strict):
    with contextlib.suppress(BadDocument):
        parse(text, strict_compat=strict)
