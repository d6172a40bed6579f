"""The stacks of the authselect profile that is selected, and the places of repositories."""

import pytest

from tests.collect.linux.linuxtree import reader
from trueline.collect.linux.configs import SOURCES, collect_config, collect_configs

SHIPPED = "/usr/share/authselect/default/sssd/system-auth"
FAILLOCK = 'auth required pam_faillock.so preauth {include if "with-faillock"}'


def stacks(tmp_path, selected, files):
    tree = {"/etc/authselect/authselect.conf": selected, **files} if selected is not None else files
    return collect_configs(reader(tmp_path, tree))


def test_a_shipped_profile_is_read_as_it_ships(tmp_path):
    found = stacks(tmp_path, "sssd\nwith-faillock\n", {SHIPPED: f"# a comment\n{FAILLOCK}\n"})
    (entry,) = found["authselect-system-auth"].entries
    assert (entry.file, entry.line, entry.value) == (SHIPPED, 2, FAILLOCK)
    assert found["authselect-password-auth"].files == ()


def test_a_vendors_profile_comes_before_the_shipped_one(tmp_path):
    vendor = "/usr/share/authselect/vendor/sssd/system-auth"
    found = stacks(tmp_path, "sssd\n", {SHIPPED: "auth a b\n", vendor: "auth c d\n"})
    assert found["authselect-system-auth"].files == (vendor,)


def test_a_custom_profile_follows_links_inside_the_tree(tmp_path):
    files = {SHIPPED: f"{FAILLOCK}\n", "/etc/authselect/custom/site/system-auth": f"-> {SHIPPED}"}
    found = stacks(tmp_path, "custom/site\n", files)
    assert [entry.value for entry in found["authselect-system-auth"].entries] == [FAILLOCK]


@pytest.mark.parametrize("name", ["../../../etc", "custom/../../shadow", "/etc/passwd", "a/b/c", "custom/"])
def test_a_name_that_is_none_is_not_followed(tmp_path, name):
    found = stacks(tmp_path, f"{name}\n", {SHIPPED: "auth a b\n"})
    assert found["authselect-system-auth"].unread["/etc/authselect/authselect.conf"].kind == "invalid"


@pytest.mark.parametrize("hostile", ["|", "auth a b\n" * 3000])
def test_a_stack_that_can_not_be_read_is_not_known(tmp_path, hostile):
    found = stacks(tmp_path, "sssd\n", {SHIPPED: hostile})
    assert SHIPPED in found["authselect-system-auth"].unread


def test_without_authselect_there_is_no_profile(tmp_path):
    found = stacks(tmp_path, None, {})["authselect-system-auth"]
    assert (found.files, found.entries, found.unread) == ((), (), {})


def test_repositories_are_looked_for_wherever_dnf_does(tmp_path):
    places = ("/etc/yum.repos.d/a.repo", "/etc/yum/repos.d/b.repo", "/etc/distro.repos.d/c.repo")
    tree = reader(tmp_path, {place: f"[{place[-6]}]\ngpgcheck=0\n" for place in places})
    assert [entry.section for entry in collect_config(tree, SOURCES["repos"]).entries] == ["a", "b", "c"]
