"""Scripts of controls run once each, within limits, and what they print loses its secrets."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueline.collect.commands import run_script, run_scripts
from trueline.collect.outputs import clean_output


@pytest.mark.parametrize(
    ("script", "output", "exit_code"),
    [
        ("echo a", "a\n", 0),
        ("echo a; exit 3", "a\n", 3),
        ("echo a >&2; echo b; echo c >&2", "a\nb\nc\n", 0),
        ("printf '\\377'", "\ufffd", 0),
        ("", "", 0),
        ("nosuchprogram", None, 127),
        ("false | true", "", 0),
        ("exit 1\n" + "#" * 200_000, "", 1),
        ("echo $TRUELINE_TEST_VARIABLE", "inherited\n", 0),
    ],
)
def test_script(script, output, exit_code, monkeypatch):
    monkeypatch.setenv("TRUELINE_TEST_VARIABLE", "inherited")
    result = run_script(script)
    assert result.exit_code == exit_code
    assert result.error == ""
    assert output is None or result.output == output


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def test_script_that_does_not_end_is_stopped_with_all_that_it_started():
    result = run_script("sleep 300 & echo $!; sleep 300", timeout=0.5)
    assert (result.exit_code, result.error) == (None, "stopped after 0.5 s")
    child = int(result.output)
    for _ in range(100):
        if not alive(child):
            break
        time.sleep(0.05)
    assert not alive(child)


def test_child_that_holds_the_output_open_does_not_hang_it():
    result = run_script("sleep 300 & echo done", timeout=0.5)
    assert (result.output, result.exit_code) == ("done\n", None)


def test_endless_output_is_cut_and_is_no_basis():
    result = run_script("yes", limit=1000)
    assert (len(result.output), result.exit_code, result.error) == (
        1000,
        None,
        "printed more than 1000 bytes",
    )


def test_output_of_just_the_limit_is_whole():
    assert run_script("printf 12345", limit=5).exit_code == 0


def test_script_that_kills_itself():
    result = run_script("kill -9 $$")
    assert (result.exit_code, result.error) == (None, "signal: killed")


def test_script_has_no_terminal_to_ask():
    assert run_script("cat < /dev/tty").exit_code != 0


def test_equal_scripts_run_once(tmp_path):
    script = f"echo run >> {tmp_path}/log"
    assert list(run_scripts([script, "echo b", script])) == [script, "echo b"]
    assert (tmp_path / "log").read_text() == "run\n"


def test_scripts_run_beside_each_other(tmp_path):
    # Either waits for the other's sign, so that neither ends if they run one after the other.
    wait = "touch {0}/{1}; until test -e {0}/{2}; do sleep 0.01; done"
    scripts = [wait.format(tmp_path, "a", "b"), wait.format(tmp_path, "b", "a")]
    outputs = run_scripts(scripts, timeout=30)
    assert [outputs[script].exit_code for script in scripts] == [0, 0]


def test_script_that_lists_processes_runs_alone():
    others = [f"# needle-in-the-list {number}\nsleep 0.2" for number in range(4)]
    looking = "ps -ef | grep 'sleep 0.2' | grep -v grep"
    assert run_scripts([*others, looking])[looking].exit_code == 1


def test_result_keeps_the_order_of_the_scripts():
    scripts = ["echo 1", "ps -ef > /dev/null", "echo 2"]
    assert list(run_scripts(scripts)) == scripts


KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEsecret\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    "text",
    [
        "--token=s3cr3tvalue --x",
        "--token s3cr3tvalue --x",
        "--etcd-password=s3cr3tvalue",
        "AWS_SECRET_ACCESS_KEY=s3cr3tvalue",
        "token: s3cr3tvalue",
        'token: "s3cr3tvalue"',
        '{"password":"s3cr3tvalue"}',
        "client-key-data: s3cr3tvalue",
        "secret: s3cr3tvalue",
        "token: |\n  s3cr3tvalue\n  s3cr3tvalue\n",
        "a:\n- token: >-\n    s3cr3tvalue\n",
        "Authorization: Bearer s3cr3tvalue",
        "curl -H 'bearer s3cr3tvalue'",
        "https://user:s3cr3tvalue@host/",
        "root:$6$salt$s3cr3tvalue:1:2",
        KEY.replace("MIIEsecret", "s3cr3tvalue"),
        "x: |\n    " + KEY.replace("MIIEsecret", "s3cr3tvalue").replace("\n", "\n    "),
        "-----BEGIN PRIVATE KEY-----\ns3cr3tvalue",
        "eyJhbGciOi.eyJzdWIiOi.s3cr3tvalue",
        "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSs3cr3tvalue",
    ],
)
def test_secret_does_not_stay(text):
    cleaned = clean_output(text)
    assert "s3cr3tvalue" not in cleaned
    assert "REDACTED" in cleaned


def test_script_output_is_cleaned_unless_told_otherwise():
    script = "echo --token=s3cr3tvalue"
    assert run_scripts([script])[script].output == "--token=REDACTED\n"
    assert run_scripts([script], redact=False)[script].output == "--token=s3cr3tvalue\n"


@pytest.mark.parametrize(
    "text",
    [
        "permissions=600\nroot:root",
        "--service-account-lookup=true --token-auth-file=/etc/tokens.csv --profiling=false",
        "--tls-private-key-file=/etc/kubernetes/pki/apiserver.key",
        "automountServiceAccountToken: notset, is_automountserviceaccounttoken: false",
        "canGetListWatchSecretsAsSystemAuthenticated: no",
        "kind: Secret\nresources:\n- secrets\n",
        "token:\n  enabled: true\n",
        "root         1     0  0 01:18 ?        00:00:05 /sbin/init",
        "serverTLSBootstrap: true\nrotateCertificates: true",
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        "password: \nnext: 1",
    ],
)
def test_what_is_no_secret_stays(text):
    assert clean_output(text) == text


@given(st.text(alphabet="ab:=\"' \n|-token{}.ey$", max_size=200))
def test_cleaning_keeps_working_on_what_it_cleaned(text):
    once = clean_output(text)
    assert clean_output(once) == once


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "piece", ["a", "eyJ-", 'a="', "token: ", "-", "://", "token: |\n", "a-----BEGIN PRIVATE KEY-----"]
)
def test_cleaning_large_outputs_ends(piece):
    clean_output(piece * (1_000_000 // len(piece)))


def test_number_of_open_files_stays_the_same():
    run_scripts(["echo a"] * 3)
    before = len(list(Path("/proc/self/fd").iterdir()))
    run_scripts([f"echo {number}" for number in range(20)], limit=1)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
