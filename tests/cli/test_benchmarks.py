"""`trueline benchmarks` as scripts and people read it."""

import json

import pytest
from click.testing import CliRunner

from trueline.cli.benchmarks import benchmarks
from trueline.content.load import benchmark_ids
from trueline.errors import UsageError


def run(*words):
    return CliRunner().invoke(benchmarks, words, catch_exceptions=False)


def test_list_as_json_has_what_scripts_rely_on():
    listed = json.loads(run("list", "--format", "json").stdout)
    assert [one["id"] for one in listed] == benchmark_ids()
    for one in listed:
        assert set(one) == {
            *("id", "title", "recommendations", "scored", "automated", "targets", "platforms", "versions")
        }
        assert sum(one["targets"].values()) == one["recommendations"] >= one["scored"]


@pytest.mark.parametrize(
    ("name", "versions"), [("aks-1.8", "1.25 - 1.28, 1.32 - 1.35"), ("cis-1.5", "1.15"), ("ack-1.0", "ack")]
)
def test_list_draws_runs_of_versions_together(name, versions):
    line = next(line for line in run("list").stdout.splitlines() if line.startswith(name))
    assert line.endswith(versions)


def test_show_tells_what_is_uncertain_and_whose_it_is():
    shown = run("show", "eks-stig").stdout
    assert "severity high, the provider's; rules: apiserver-anonymous-auth-disabled" in shown
    assert "uncertain" in shown


def test_diff_as_text():
    text = run("diff", "cis-1.10", "cis-2.0").stdout
    assert text.startswith("cis-1.10 -> cis-2.0: 2 added, 1 removed, 8 renumbered, 10 changed\n")
    assert "  5.7.4 -> 5.6.4  " in text
    assert "pki-certificates-mode mode: 600 -> 644" in text
    assert "ciphers: -TLS_RSA_WITH_AES_128_GCM_SHA256 -TLS_RSA_WITH_AES_256_GCM_SHA384\n" in text


def test_diff_as_json():
    found = json.loads(run("diff", "cis-kubernetes-1.6", "cis-1.20", "--format", "json").stdout)
    assert set(found) == {"before", "after", "added", "removed", "renumbered", "changed"}
    assert (found["before"], found["after"]) == ("cis-1.6", "cis-1.20")
    assert [one["number"] for one in found["removed"]] == ["1.2.2"]


def test_diff_of_nothing_is_short():
    assert run("diff", "cis-1.6", "cis-1.6").stdout == (
        "cis-1.6 -> cis-1.6: 0 added, 0 removed, 0 renumbered, 0 changed\n"
    )


def test_an_unknown_benchmark_is_a_mistake_of_the_call():
    with pytest.raises(UsageError, match=r"there is no benchmark 'cis-9\.9'"):
        run("diff", "cis-1.6", "cis-9.9")


def test_show_names_the_levels_of_kinds_of_machines():
    shown = run("show", "cis-ubuntu-24.04").stdout
    assert "level 1 (level 2 on workstations), scored, automated; rules: autofs-not-in-use" in shown
    assert "level 1 (level 2 on servers), scored, automated; rules: sshd-disableforwarding" in shown
    assert "level 2 (not for workstations), scored, automated; rules: gdm-removed" in shown
