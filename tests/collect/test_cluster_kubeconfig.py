"""Kubeconfigs as people have them: merged, chosen by context, and broken in every way."""

import os
import subprocess
import time
from contextlib import suppress

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from trueline.collect.kubeconfig import (
    CONTROL_PLANE_KUBECONFIGS,
    default_kubeconfig_hint,
    kubeconfig_paths,
    load_kubeconfig,
)
from trueline.collect.kubeproxy import proxy_for
from trueline.errors import AccessError

SECRET = "s3cr3t-t0k3n"


def config(*names, current=None, **cluster):
    return {
        "current-context": current or names[0],
        "contexts": [{"name": n, "context": {"cluster": f"c-{n}", "user": f"u-{n}"}} for n in names],
        "clusters": [
            {"name": f"c-{n}", "cluster": {"server": f"https://{n}.test", **cluster}} for n in names
        ],
        "users": [{"name": f"u-{n}", "user": {"token": SECRET, "client-key": "keys/k"}} for n in names],
    }


def written(path, document):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else yaml.safe_dump(document))
    return str(path)


def test_the_current_context_and_another(tmp_path):
    path = written(tmp_path / "config", config("a", "b"))
    assert load_kubeconfig([path]).cluster.server == "https://a.test"
    chosen = load_kubeconfig([path], "b")
    assert (chosen.name, chosen.cluster.server, chosen.user.token) == ("c-b", "https://b.test", SECRET)


def test_of_several_files_the_first_wins_and_paths_belong_to_their_file(tmp_path):
    first = written(tmp_path / "one" / "config", config("a"))
    second = written(
        tmp_path / "two" / "config", {**config("b", "a"), "clusters": config("b", "a")["clusters"]}
    )
    paths = [str(tmp_path / "absent"), first, second]
    assert load_kubeconfig(paths).user.client_key == str(tmp_path / "one/keys/k")
    assert load_kubeconfig(paths, "a").cluster.server == "https://a.test"
    assert load_kubeconfig(paths, "b").user.client_key == str(tmp_path / "two/keys/k")


def test_nulls_are_defaults(tmp_path):
    document = {
        **config("a"),
        "users": [{"name": "u-a", "user": {"token": None, "exec": None}}],
        "preferences": None,
    }
    document["clusters"][0]["cluster"]["proxy-url"] = None
    access = load_kubeconfig([written(tmp_path / "config", document)])
    assert (access.user.token, access.user.exec, access.cluster.proxy_url) == ("", None, "")


@pytest.mark.parametrize("empty", [None, {}])
def test_a_user_without_credentials(tmp_path, empty):
    document = {**config("a"), "users": [{"name": "u-a", "user": empty}]}
    assert load_kubeconfig([written(tmp_path / "config", document)]).user.token == ""


@pytest.mark.timeout(20)
@pytest.mark.parametrize("delay", [0, 0.2])
def test_a_pipe_is_read_as_the_shell_makes_them(tmp_path, delay):
    source = written(tmp_path / "source", config("a"))
    with subprocess.Popen(["sh", "-c", f"sleep {delay}; cat {source}"], stdout=subprocess.PIPE) as process:
        if not delay:
            time.sleep(0.2)  # the writer has gone before anyone reads
        access = load_kubeconfig([f"/proc/self/fd/{process.stdout.fileno()}"])
    assert access.cluster.server == "https://a.test"


def without(part):
    return {key: value for key, value in config("a").items() if key != part}


BROKEN = {
    "empty": ("", "no current context"),
    "binary": ("\0\1\2", "not YAML"),
    "a list": ("- a", "Expected `object`"),
    "text": ("hello", "Expected `object`"),
    "cut off": (f"users:\n- name: 'x\n  token: {SECRET}", "line 3: not YAML"),
    "a tab": (f"users:\n\t- {SECRET}", "line 2: not YAML"),
    "a tag": (f"users: !!python/object/apply:os.system [{SECRET}]", "line 1: not YAML"),
    "deep": ("[" * 200_000, "too large or nested too deep"),
    "deep in blocks": ("".join(" " * n + "a:\n" for n in range(300)), "too large or nested too deep"),
    "wide": ("a: [" + "[]," * 300 + "]", "no current context"),
    "aliases that grow": (
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 10}]\n" for n in range(1, 9)),
        "too large",
    ),
    "no context of that name": (config("a", current="z"), "no context 'z'"),
    "no cluster": (without("clusters"), "no cluster 'c-a'"),
    "no user": (without("users"), "no user 'u-a'"),
    "no server": (config("a", server=""), "has no server"),
    "server is a number": (config("a", server=5), "cluster 'c-a' .*Expected `str`, got `int`"),
    "token is a list": (
        {**config("a"), "users": [{"name": "u-a", "user": {"token": [SECRET]}}]},
        "Expected `str`",
    ),
    "users is text": ({**config("a"), "users": SECRET}, "Expected `array`"),
    "a date": ({**config("a"), "current-context": "x"}, "no context 'x'"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_kubeconfig_is_an_error_that_shows_no_secret(tmp_path, name):
    document, problem = BROKEN[name]
    with pytest.raises(AccessError, match=problem) as caught:
        load_kubeconfig([written(tmp_path / "config", document)])
    assert SECRET not in str(caught.value)
    assert caught.value.hint


def test_a_missing_kubeconfig(tmp_path):
    with pytest.raises(AccessError, match="no kubeconfig at /"):
        load_kubeconfig([str(tmp_path / "absent")])
    with pytest.raises(AccessError, match="no kubeconfig at any known place"):
        load_kubeconfig([])


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ["fifo", "directory", "device", "huge", "not utf-8"])
def test_what_is_no_kubeconfig_file(tmp_path, kind):
    path = tmp_path / "config"
    make = {
        "fifo": lambda: os.mkfifo(path),
        "directory": path.mkdir,
        "device": lambda: path.symlink_to("/dev/zero"),
        "huge": lambda: os.truncate(path, 50_000_000_000) if not path.touch() else None,
        "not utf-8": lambda: path.write_bytes(b"\xff\xfe\xfa"),
    }
    make[kind]()
    with pytest.raises(AccessError):
        load_kubeconfig([str(path)])


@pytest.mark.timeout(20)
def test_a_pipe_into_which_nobody_writes(monkeypatch):
    monkeypatch.setattr("trueline.collect.kubefiles.PIPE_SECONDS", 0.2)
    reader, writer = os.pipe()
    try:
        with pytest.raises(AccessError, match="nothing more came"):
            load_kubeconfig([f"/proc/self/fd/{reader}"])
    finally:
        os.close(reader)
        os.close(writer)


def test_credentials_are_in_no_repr(tmp_path):
    document = config("a")
    plugin = {"apiVersion": "v", "command": "c", "args": [SECRET], "env": [{"name": "K", "value": SECRET}]}
    document["users"][0]["user"] = {
        "token": SECRET,
        "password": SECRET,
        "client-key-data": SECRET,
        "exec": plugin,
    }
    access = load_kubeconfig([written(tmp_path / "config", document)])
    assert SECRET not in repr(access) + repr(access.user.exec) + repr(access.user.exec.env)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "cluster", "user", "context", "server", "exec", "token"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["current-context", "clusters", "users", "contexts"]), json_like))
def test_any_document_is_an_access_or_an_error(tmp_path_factory, document):
    path = tmp_path_factory.getbasetemp() / "fuzzed-config"
    path.write_text(yaml.safe_dump(document))
    with suppress(AccessError):
        assert load_kubeconfig([str(path)]).cluster.server


@pytest.mark.parametrize(
    ("explicit", "environment", "expected"),
    [
        ("x", {"KUBECONFIG": "a:b", "HOME": "/h"}, ("x",)),
        (None, {"KUBECONFIG": "a::b", "HOME": "/h"}, ("a", "b")),
        (None, {"KUBECONFIG": "", "HOME": "/h"}, ("/h/.kube/config",)),
        (None, {}, ()),
    ],
)
def test_which_files_are_read(explicit, environment, expected):
    assert kubeconfig_paths(explicit, environment) == expected


@pytest.mark.parametrize("path", CONTROL_PLANE_KUBECONFIGS)
def test_the_hint_names_the_kubeconfig_of_the_node(path):
    assert path in default_kubeconfig_hint({path}.__contains__)


def test_no_hint_without_one():
    assert default_kubeconfig_hint(set().__contains__) is None


@pytest.mark.parametrize(
    ("server", "own", "environment", "expected"),
    [
        ("https://k.test:6443", "", {}, ""),
        ("https://k.test:6443", "", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("https://k.test:6443", "", {"https_proxy": "p:1"}, "http://p:1"),
        ("https://k.test:6443", "", {"HTTP_PROXY": "http://p:1"}, ""),
        ("http://k.test", "", {"HTTP_PROXY": "http://p:1"}, "http://p:1"),
        ("https://k.test", "http://own:2", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, "http://own:2"),
        ("https://localhost:1", "", {"HTTPS_PROXY": "http://p:1"}, ""),
        ("https://127.0.0.1:1", "", {"HTTPS_PROXY": "http://p:1"}, ""),
        ("https://[::1]:1", "", {"HTTPS_PROXY": "http://p:1"}, ""),
    ],
)
def test_the_proxy(server, own, environment, expected):
    assert proxy_for(server, own, environment) == expected


@pytest.mark.parametrize(
    ("host", "entries", "excepted"),
    [
        ("k.test", "*", True),
        ("k.test", "a.b, k.test", True),
        ("k.test", "test", True),
        ("k.test", ".test", True),
        ("k.test", "*.test", True),
        ("test", ".test", False),
        ("xtest", "test", False),
        ("k.test", "k.test:443", True),
        ("k.test", "k.test:6443", False),
        ("192.0.2.7", "192.0.2.0/24", True),
        ("192.0.2.7", "198.51.100.0/24", False),
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "2.7", False),
        ("[2001:db8::1]", "2001:db8::/32", True),
        ("192.0.2.7", "192.0.2.0/99", False),
    ],
)
def test_exceptions_from_the_proxy(host, entries, excepted):
    found = proxy_for(f"https://{host}", "", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": entries})
    assert (found == "") == excepted
