"""What the lint says of platforms that are wrong."""

import msgspec
import pytest

from trueline.content.load import load_benchmark, load_components, load_platform, load_rules, platform_ids
from trueline.errors import ContentError
from trueline.lint_platforms import lint_platforms
from trueline.model.bundle import Bundle
from trueline.model.platform import Lasting, Sign

GOOD = load_platform("k3s")


def problems(platform=GOOD, benchmark="k3s-cis-1.9"):
    rules = load_rules().values()
    return list(lint_platforms([platform], rules, load_components(), [load_benchmark(benchmark)]))


def bundle(**part):
    return (msgspec.convert({"executable": "x", "components": {"kubelet": part}}, Bundle),)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"files": {}}, "names no file pki"),
        ({"provider": ("kube-apiservr",)}, "there is no component kube-apiservr"),
        ({"lasting": {"kublet": Lasting(steps=())}}, "there is no component kublet"),
        ({"signs": (Sign(version="("),)}, "is no regular expression"),
        ({"bundles": bundle(flags=[{"flag": "no-such=1"}])}, "kubelet has no flag no-such"),
        ({"bundles": bundle(unknown=["no-such"])}, "kubelet has no flag no-such"),
        ({"bundles": bundle(flags=[{"flag": "config={place}"}])}, "there is no option place"),
        ({"bundles": bundle(path="{place}/a")}, "there is no option place"),
    ],
)
def test_problems(change, problem):
    assert any(problem in one for one in problems(msgspec.structs.replace(GOOD, **change)))


def test_a_benchmark_for_no_platform():
    assert problems(benchmark="eks-2.0.0") == ["benchmark eks-2.0.0: there is no platform eks"]


def test_shipped_platforms_are_sound():
    assert [
        one for name in platform_ids() for one in problems(load_platform(name)) if "no platform" not in one
    ] == []


@pytest.mark.parametrize("given", [{}, {"version": "a", "label": "b"}])
def test_a_sign_is_exactly_one_fact(given):
    with pytest.raises(ValueError, match="exactly one"):
        Sign(**given)


def test_a_place_for_a_file_that_nobody_names_is_an_error(tmp_path, monkeypatch):
    from trueline.content import load

    folder = tmp_path / "platforms"
    folder.mkdir()
    text = (load.DATA / "platforms" / "kubeadm.yaml").read_text()
    (folder / "kubeadm.yaml").write_text(text)
    (folder / "odd.yaml").write_text("id: odd\ntitle: odd\nextends: kubeadm\nplaces: {no-such-file: [/a]}\n")
    monkeypatch.setattr(load, "DATA", tmp_path)
    with pytest.raises(ContentError, match="no file no-such-file"):
        load.load_platform.__wrapped__("odd")
