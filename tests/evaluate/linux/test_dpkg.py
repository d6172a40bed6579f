"""Versions of Debian's packages are ordered as dpkg orders them."""

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trueline.evaluate.linux.dpkg import older

RISING = [
    "0.9",
    "1.0~~",
    "1.0~rc1-1",
    "1.0~rc2-1",
    "1.0",
    "1.0-0ubuntu1",
    "1.0-1~bpo12+1",
    "1.0-1",
    "1.0-1+deb12u1",
    "1.0-1+deb12u10",
    "1.0a",
    "1.0.1",
    "1.9",
    "1.10",
    "1:0.1",
    "2:0",
]
VERSIONS = st.from_regex(r"([0-3]:)?[0-9][0-9a-c.+~]{0,5}(-[0-9a-c.+~]{1,4})?", fullmatch=True)


@pytest.mark.parametrize("place", range(len(RISING) - 1))
def test_each_is_older_than_the_next(place: int) -> None:
    assert older(RISING[place], RISING[place + 1])
    assert not older(RISING[place + 1], RISING[place])


@given(VERSIONS, VERSIONS)
def test_at_most_one_of_two_is_the_older(one: str, other: str) -> None:
    assert not (older(one, other) and older(other, one))
    assert not older(one, one)


@pytest.mark.skipif(not shutil.which("dpkg"), reason="dpkg is not here to compare with")
@settings(max_examples=60, deadline=None)
@given(VERSIONS, VERSIONS)
def test_dpkg_says_the_same(one: str, other: str) -> None:
    command = ["dpkg", "--compare-versions", one, "lt", other]
    assert older(one, other) is (subprocess.run(command, check=False).returncode == 0)
