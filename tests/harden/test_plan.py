"""What a plan says: exact changes, risks, what stays and why, how far it reaches."""

import os
from pathlib import Path

import msgspec
import pytest

from tests.harden.machine import build, hardener, needs_root, plan, tree
from trueline.content.load import load_benchmark
from trueline.harden.journal import Refused
from trueline.harden.plan import digest_of
from trueline.model.plan import FileChange, Plan
from trueline.model.results import Outcome
from trueline.report import plan_html, plan_markdown, plan_text

ALIYUN = "cis-aliyun-linux-2-1.0.0"
ALIYUN_RELEASE = 'ID="alinux"\nVERSION_ID="2.1903"\nNAME="Aliyun Linux"\n'
pytestmark = needs_root


@pytest.fixture
def root(tmp_path):
    return build(tmp_path / "root")


def reasons(made: Plan) -> dict[str, str]:
    return {one.number: " ".join(one.reasons) for one in made.left_out}


def operations(made: Plan) -> list:
    return [op for step in made.steps for op in step.operations]


def test_making_a_plan_touches_nothing(root):
    def state():
        return {
            name: Path(folder, name).lstat().st_ctime_ns
            for folder, folders, files in os.walk(root)
            for name in (*folders, *files)
        }

    before = state()
    plan(root)
    assert state() == before


def test_equal_machines_have_equal_plans_but_for_the_time(root):
    one, other = plan(root), plan(root)
    assert one.steps == other.steps
    assert one.made_from == other.made_from
    assert one.digest == digest_of(one)


def test_a_plan_survives_json(root):
    made = plan(root)
    assert msgspec.json.decode(msgspec.json.encode(made), type=Plan) == made


def test_hashes_of_passwords_are_in_no_plan(root):
    made = plan(root)
    assert any(change.path == "/etc/shadow" for step in made.steps for change in step.changes)
    for text in (msgspec.json.encode(made).decode(), plan_text.render(made), plan_html.render(made)):
        assert "secretsecret" not in text
        assert "$y$" not in text


def test_secrets_beside_a_change_are_taken_out_of_its_diff(root):
    (root / "etc/security/pwquality.conf").write_text("minlen = 8\npassword = hunter2hunter2\n")
    made = plan(root, only=("5.3.3.2.2",))
    assert "hunter2" not in msgspec.json.encode(made).decode()
    change = made.steps[0].changes[-1]
    assert isinstance(change, FileChange)
    assert change.text is None
    hardener(root).apply(made)
    assert "password = hunter2hunter2" in (root / "etc/security/pwquality.conf").read_text()


def test_each_step_is_about_one_object(root):
    made = plan(root)
    files = [one.path for step in made.steps for one in step.changes if isinstance(one, FileChange)]
    assert len(files) == len(set(files))


def test_one_value_fulfils_all_bounds_of_a_rule(root):
    made = plan(root, only=("5.1.7", "5.3.3.2.4"))
    values = {op.key: op.value for op in operations(made) if hasattr(op, "key")}
    assert values["ClientAliveInterval"] not in {"0", "1"}
    assert values["maxrepeat"] == "3"


def test_a_match_block_of_sshd_is_left_to_a_person(root):
    (root / "etc/ssh/sshd_config").write_text("UsePAM yes\nMatch User x\n MaxAuthTries 9\n")
    made = plan(root, only=("5.1.16",))
    assert "Match User x" in reasons(made)["5.1.16"]


def test_root_is_kept_out_of_ssh_only_where_another_can_rule(root):
    (root / "etc/ssh/sshd_config").write_text("PermitRootLogin yes\n")
    assert plan(root, only=("5.1.20",)).steps
    (root / "etc/group").write_text("root:x:0:\nshadow:x:42:\nsudo:x:27:\nanna:x:1000:\n")
    made = plan(root, only=("5.1.20",))
    assert made.steps == ()
    assert "another" in reasons(made)["5.1.20"].lower() or "other account" in reasons(made)["5.1.20"]


def test_an_ordinary_account_is_made_only_when_asked(root):
    (root / "etc/group").write_text("root:x:0:\nshadow:x:42:\nsudo:x:27:\nanna:x:1000:\n")
    (root / "etc/ssh/sshd_config").write_text("PermitRootLogin yes\n")
    before = tree(root)
    assert not any("/etc/passwd" in step.title and "account" in step.title for step in plan(root).steps)
    made = plan(root, only=("5.1.20",), user="ruth")
    assert "no password" in made.notices[-1]
    assert "create-user" in reasons(made)["5.1.20"]
    hardener(root).apply(made)
    assert "ruth:x:1001:1001::/home/ruth:/bin/bash\n" in (root / "etc/passwd").read_text()
    assert "sudo:x:27:ruth\n" in (root / "etc/group").read_text()
    assert "ruth:!:" in (root / "etc/shadow").read_text()
    home = (root / "home/ruth").stat()
    assert (home.st_uid, home.st_gid, home.st_mode & 0o7777) == (1001, 1001, 0o750)
    assert plan(root, only=("5.1.20",)).steps == ()  # nobody could become root with it yet
    shadow = (root / "etc/shadow").read_text()
    (root / "etc/shadow").write_text(shadow.replace("ruth:!:", "ruth:$6$salt$hash:"))
    assert plan(root, only=("5.1.20",)).steps
    (root / "etc/shadow").write_text(shadow)
    (root / "etc/shadow").chmod(0o640)
    assert hardener(root).rollback().kept == {}
    assert {path for path, facts in tree(root).items() if facts != before.get(path)} <= {"/etc/shadow"}


@pytest.mark.parametrize("name", ["anna", "root", "Ruth", "a b", "x:y", "-r", ""])
def test_an_account_that_is_there_or_has_no_good_name_is_not_made(root, name):
    if not name:
        assert plan(root, only=("5.1.20",), user=name)
        return
    with pytest.raises(Refused):
        plan(root, user=name)


def test_an_old_password_is_not_made_too_old_at_once(root):
    shadow = root / "etc/shadow"
    shadow.write_text("root:*:19000:0:99999:7:::\nanna:$6$abc$def:12000:0:99999:7:::\n")
    made = plan(root, only=("5.4.1.1",))
    assert not any(getattr(op, "account", "") == "anna" for op in operations(made))
    assert "too old at once" in reasons(made)["5.4.1.1"]


def test_partitions_banners_and_packet_filters_stay(root):
    (root / "etc/motd").write_text("Welcome to Debian GNU/Linux\n")
    made = plan(root)
    said = reasons(made)
    assert "layout of the disk" in said["1.1.2.1.1"]
    assert "site's own" in said["1.6.1"]


def test_a_node_of_kubernetes_keeps_what_it_needs(root):
    (root / "etc/sysctl.d/99-sysctl.conf").write_text("net.ipv4.ip_forward = 1\n")
    alone = plan(root, only=("3.3.1",))
    assert alone.steps
    assert any("lose their network" in risk for step in alone.steps for risk in step.risks)
    kubelet = root / "var/lib/kubelet/config.yaml"
    kubelet.parent.mkdir(parents=True)
    kubelet.write_text("kind: KubeletConfiguration\n")
    node = plan(root, only=("3.3.1",))
    assert node.head.kubernetes
    assert node.steps == ()
    assert "forward" in reasons(node)["3.3.1"]
    assert not any(getattr(op, "module", "") == "overlay" for op in operations(plan(root, level=2)))


def test_d9_the_vendor_s_exceptions_are_whole_and_the_ratio_is_computed(root):
    (root / "etc/os-release").write_text(ALIYUN_RELEASE)
    made = plan(root, benchmark=ALIYUN)
    entries = [entry for _, entry in load_benchmark(ALIYUN).recommendations() if entry.excluded_because]
    assert len(entries) == 17
    said = reasons(made)
    assert all(entry.excluded_because in said[entry.number] for entry in entries)
    numbers = {entry.number for entry in entries}
    assert not any(set(step.recommendations) & numbers for step in made.steps)
    reach = made.reach
    assert (reach.vendor_reinforced, reach.vendor_scored) == (131, 148)
    assert reach.scored == reach.reinforced + reach.left_out
    assert reach.holding <= reach.reinforced


def test_what_is_not_scored_comes_in_only_by_its_number(root):
    (root / "etc/os-release").write_text(ALIYUN_RELEASE)
    (root / "etc/hosts.allow").write_text("")
    entries = [entry for _, entry in load_benchmark(ALIYUN).recommendations()]
    unscored = {entry.number for entry in entries if not entry.scored}
    for step in plan(root, benchmark=ALIYUN).steps:
        assert not unscored & set(step.recommendations)


def test_what_can_t_be_confirmed_is_not_promised(root):
    made = plan(root, only=("1.5.1",))
    promise = made.promises[0]
    assert promise.after is Outcome.ERROR
    assert made.promised == made.passed
    assert made.reach.unseen == 1


def test_reports_say_what_changes_why_and_at_which_risk(root):
    made = plan(root)
    for render in (plan_text.render, plan_markdown.render, plan_html.render):
        text = render(made)
        assert "PASS_MAX_DAYS" in text
        assert made.digest in text
        assert "layout of the disk" in text
        assert "Programs that rely on" in text


def test_names_of_a_hostile_machine_are_text(root):
    evil = root / "etc/cron.d"
    evil.mkdir()
    (root / "etc/os-release").write_text(
        'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="<script>alert(1)</script>"\n'
    )
    assert "<script>" not in plan_html.render(plan(root))


def test_a_name_of_two_lines_is_left_to_a_person(tmp_path):
    root = build(tmp_path / "root")
    place = root / "home/anna/.two\nlines"
    place.write_text("x")
    place.chmod(0o666)
    os.chown(place, 1000, 1000)
    made = plan(root)
    assert made.steps
    assert any("is no absolute path of one line" in reason for one in made.left_out for reason in one.reasons)
