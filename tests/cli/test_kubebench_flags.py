"""Words of a call are read as kube-bench's flag library reads them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueline.cli.kubebench_flags import COMMANDS, FLAGS, Options, parse, usage
from trueline.errors import UsageError


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        ("--benchmark cis-1", "benchmark", "cis-1"),
        ("--benchmark=cis-1", "benchmark", "cis-1"),
        ("--version 1.29", "version", "1.29"),
        ("-c 1.1.1,1.1.2", "check", "1.1.1,1.1.2"),
        ("--check=1.1.1", "check", "1.1.1"),
        ("-g 1.1", "group", "1.1"),
        ("--group 1.1", "group", "1.1"),
        ("--skip 1.1,1.2.3", "skip", "1.1,1.2.3"),
        ("--scored", "scored", True),
        ("--scored=false", "scored", False),
        ("--unscored=F", "unscored", False),
        ("--json", "json", True),
        ("--json=false", "json", False),
        ("--json --json=0", "json", False),
        ("--junit", "junit", True),
        ("--pgsql", "pgsql", True),
        ("--asff", "asff", True),
        ("--outputfile out.json", "outputfile", "out.json"),
        ("--noresults", "noresults", True),
        ("--nosummary", "nosummary", True),
        ("--noremediations", "noremediations", True),
        ("--nototals", "nototals", True),
        ("--include-test-output", "include_test_output", True),
        ("--exit-code 42", "exit_code", 42),
        ("--exit-code=0x10", "exit_code", 16),
        ("--config other.yaml", "config", "other.yaml"),
        ("-D dir", "config_dir", "dir"),
        ("-Ddir", "config_dir", "dir"),
        ("-D=dir", "config_dir", "dir"),
        ("--config-dir dir", "config_dir", "dir"),
        ("-s master", "targets", ("master",)),
        ("-s master,node --targets etcd", "targets", ("master", "node", "etcd")),
        ("-v 3", "json", False),
        ("-v3 --v=4 --logtostderr --alsologtostderr=false --stderrthreshold 2", "json", False),
        ("--log_dir /x --log_backtrace_at :0 --vmodule a=1 --log_link x --logbuflevel 1", "json", False),
        ("--strict-compat", "strict_compat", True),
        ("--no-idioms", "no_idioms", True),
        ("--root /host", "root", "/host"),
        ("--snapshot a.json", "snapshot", "a.json"),
        ("--snapshot-out a.json", "snapshot_out", "a.json"),
        ("--report a.html --report b,c.json", "report", ("a.html", "b,c.json")),
        ("--policy p.yaml", "policy", "p.yaml"),
        ("--undecided-exit-code 9", "undecided_exit_code", 9),
    ],
)
def test_each_flag(words, field, value):
    for order in ([*words.split(), "run"], ["run", *words.split()]):
        call = parse(order, {})
        assert call.command == "run"
        assert getattr(call.options, field) == value
        changed = {
            name
            for name in Options.__struct_fields__
            if getattr(call.options, name) != getattr(Options(), name)
        }
        assert changed <= {field}


def test_defaults():
    options = parse([], {}).options
    assert options == Options()
    assert (options.config_dir, options.exit_code, options.scored, options.unscored) == (
        "./cfg/",
        0,
        True,
        True,
    )


@pytest.mark.parametrize(
    "words",
    [
        "--nope",
        "-x",
        "--check",
        "-c",
        "--json=perhaps",
        "--exit-code many",
        "--exit-code 256",  # would be 0 for whoever asks
        "--exit-code -1",
        "-s master",
        "version -s master",
        "judge",
        "run --to /host",
        "--json=",
    ],
)
def test_what_is_refused(words):
    with pytest.raises(UsageError):
        parse(words.split(), {})


def test_flags_before_the_command_and_words_behind_it():
    call = parse(["--json", "-s", "node", "run", "--", "--junit"], {})
    assert (call.command, call.words, call.options.json, call.options.junit) == (
        "run",
        ("--junit",),
        True,
        False,
    )
    assert call.options.targets == ("node",)
    assert parse(["run", "-h"], {}).help
    assert parse(["--help"], {}).help


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("VERSION", "1.29", "version", "1.29"),
        ("BENCHMARK", "cis-1", "benchmark", "cis-1"),
        ("JSON", "true", "json", True),
        ("EXIT_CODE", "3", "exit_code", 3),
        ("CONFIG_DIR", "/opt/cfg", "config_dir", "/opt/cfg"),
        ("TARGETS", "master,node", "targets", ("master", "node")),
        ("NO_IDIOMS", "1", "no_idioms", True),
        ("V", "3", "version", ""),
        ("JSON", "", "json", False),
    ],
)
def test_b14_variables(variable, text, field, value):
    environ = {f"KUBE_BENCH_{variable}": text}
    assert getattr(parse(["run"], environ).options, field) == value
    strict = parse(["run", "--strict-compat"], environ).options
    assert getattr(strict, field) == (value if variable == "VERSION" else getattr(Options(), field))


def test_flag_goes_before_variable():
    environ = {"KUBE_BENCH_VERSION": "1.29", "KUBE_BENCH_JSON": "true", "KUBE_BENCH_TARGETS": "node"}
    options = parse(["run", "--version", "1.30", "--json=false", "-s", "etcd"], environ).options
    assert (options.version, options.json, options.targets) == ("1.30", False, ("etcd",))
    assert parse([], environ).options.targets == ()


def test_help_names_every_flag():
    text = usage()
    assert all(f"--{flag.name}" in text for flag in FLAGS if flag.help)
    assert {flag.field for flag in FLAGS if flag.help} == set(Options.__struct_fields__)


@given(
    st.lists(
        st.one_of(st.sampled_from([f"--{flag.name}" for flag in FLAGS]), st.text(max_size=8)), max_size=6
    )
)
def test_any_words_are_read_or_refused(words):
    with suppress(UsageError):
        assert parse(words, {}).command in ("", *COMMANDS)
