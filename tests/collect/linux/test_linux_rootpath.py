"""Where root's shell looks for commands, as the files of each family set it."""

import pytest

from tests.collect.linux.linuxtree import reader
from trueline.collect.linux.rootpath import added, collect_root_path
from trueline.model.known import Absent, FileMeta, Unavailable
from trueline.model.linux_access import RootPath

# In our own words what /etc/profile of RHEL does.
RHEL = (
    'pathmunge () {\n case ":${PATH}:" in *:"$1":*) ;; *) if [ "$2" = after ] ; then PATH=$PATH:$1\n'
    " else PATH=$1:$PATH\n fi ;; esac\n}\nif [ $EUID = 0 ]; then\n pathmunge /usr/sbin\n"
    " pathmunge /usr/local/sbin\nfi\nexport PATH USER\n"
)
OWN = 'if ! [[ "$PATH" =~ "$HOME/bin:" ]]; then\n PATH="$HOME/.local/bin:${HOME}/bin:$PATH"\nfi\n'


def found(tmp_path, files):
    return collect_root_path(reader(tmp_path, files))


def text(tmp_path, files):
    path = found(tmp_path, files)
    assert isinstance(path, RootPath), path
    return path.text.split(":")


DEFAULT = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"]


def test_the_default_of_rhel_is_what_its_start_files_leave(tmp_path):
    assert text(tmp_path, {"/etc/profile": RHEL}) == DEFAULT


def test_roots_own_files_add_directories_of_its_home(tmp_path):
    words = text(tmp_path, {"/etc/profile": RHEL, "/root/.bashrc": OWN})
    assert words == [*DEFAULT, "/root/.local/bin", "/root/bin"]


@pytest.mark.parametrize(
    "line", ["pathmunge /opt/a", "PATH=$PATH:/opt/a", 'export PATH="/opt/a:$PATH"', "PATH+=:/opt/a"]
)
@pytest.mark.parametrize("file", ["/etc/profile.d/a.sh", "/root/.bash_profile", "/etc/bashrc"])
def test_what_any_file_adds_is_looked_at(tmp_path, file, line):
    path = found(tmp_path, {"/etc/profile": RHEL, file: f"{line}\n", "/opt/a/x": "y"})
    assert path.text.split(":") == [*DEFAULT, "/opt/a"]
    assert isinstance(path.directories["/opt/a"], FileMeta)


@pytest.mark.parametrize(
    ("line", "word"), [("PATH=$PATH:", ""), ("PATH=.:$PATH", "."), ("pathmunge bin", "bin")]
)
def test_words_that_are_no_directories_stay(tmp_path, line, word):
    assert word in text(tmp_path, {"/etc/profile": RHEL, "/etc/profile.d/a.sh": f"{line}\n"})


@pytest.mark.parametrize("line", ["PATH=$PATH:$JAVA/bin", "PATH=`a`:$PATH", "PATH+=more", "PATH=$(a)"])
def test_what_is_only_known_when_it_runs_is_not_known(tmp_path, line):
    path = found(tmp_path, {"/etc/profile": RHEL, "/etc/profile.d/a.sh": f"{line}\n"})
    assert isinstance(path, Unavailable)
    assert "/etc/profile.d/a.sh:1" in path.reason


def test_a_start_file_that_can_not_be_read_is_not_known(tmp_path):
    assert isinstance(found(tmp_path, {"/etc/profile": RHEL, "/root/.bashrc": "|"}), Unavailable)


def test_without_signs_of_that_family_nothing_is_taken_for_known(tmp_path):
    assert isinstance(found(tmp_path, {"/etc/profile": "PATH=/usr/bin\n"}), Absent)
    assert isinstance(found(tmp_path / "b", {}), Absent)


def test_login_defs_goes_before_start_files(tmp_path):
    files = {"/etc/login.defs": "ENV_SUPATH PATH=/a:/b\n", "/etc/profile": RHEL}
    assert text(tmp_path, files) == ["/a", "/b"]


@pytest.mark.parametrize(
    "line", ["# PATH=/a", "MANPATH=/a", "echo PATH", "export PATH", 'case ":${PATH}:" in', "X=1 # PATH=/a"]
)
def test_lines_that_add_nothing(line):
    assert list(added(line)) == []
