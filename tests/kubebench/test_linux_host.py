"""The traits of a host, by which linux-bench chooses, are read from its files and processes."""

import pytest

from tests.kubebench.folder import Node
from trueline.collect.access import Root
from trueline.collect.machine import Machine
from trueline.kubebench.linux_host import definitions_for, traits


def host(node):
    return traits(Machine(Root(str(node.root))))


@pytest.mark.parametrize(
    ("release", "platform", "folder"),
    [
        ('NAME="Ubuntu"\nID=ubuntu\nVERSION_ID="24.04"\n', "ubuntu24", "Ubuntu_24.04"),
        ('ID="rhel"\nVERSION_ID="9.4"\n', "rhel9", "Red_hat_enterprise_linux_9"),
        ('ID="amzn"\nVERSION_ID="2"\n', "amzn2", "amazon_linux_2"),
        ('ID="amzn"\nVERSION_ID="2023"\n', "amzn2023", "Amazon_Linux_2023"),
        ("ID=debian\nVERSION_ID='12'\n", "debian", "2.0.0"),
        ("ID=bottlerocket\nVERSION_ID=1.20.0\n", "bottlerocket", "bottlerocket"),
        ('# ID=no\nID="unclosed\nID=Alpine\n', "alpine", "2.0.0"),
        ("\0\n=\nID=\n", None, "2.0.0"),
    ],
)
def test_platform(tmp_path, release, platform, folder):
    node = Node(tmp_path / "node")
    node.write("/etc/os-release", release)
    assert host(node).get("platform") == ((platform,) if platform else None)
    assert definitions_for(platform or "") == folder


@pytest.mark.parametrize(
    ("files", "boot"),
    [
        (["/usr/sbin/grub-install", "/boot/grub2/grub.cfg"], "grub"),
        (["/boot/grub2/grub.cfg"], "grub2"),
        (["/boot/grub/grub.cfg"], "grub"),
        (["/boot/boot/grub2"], "grub2"),
        (["/boot/vmlinuz"], None),
    ],
)
def test_boot_loader(tmp_path, files, boot):
    node = Node(tmp_path / "node")
    for path in files:
        node.write(path, "")
    assert host(node).get("boot") == ((boot,) if boot else None)


def test_logger_and_security_module(tmp_path):
    node = Node(tmp_path / "node")
    assert "syslog" not in host(node)
    assert "lsm" not in host(node)
    node.process(["/usr/sbin/rsyslogd", "-n"])
    node.write("/sys/fs/selinux/enforce", "1")
    assert (host(node)["syslog"], host(node)["lsm"]) == (("rsyslog",), ("selinux",))
    node.write("/sys/module/apparmor/parameters/enabled", "Y\n")
    assert host(node)["lsm"] == ("apparmor",)
