"""Fixtures that several parts of the tests share."""

import tarfile
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
CAPTURED = SHARED / "fixtures" / "kubeadm-1.36-node.tar"


@pytest.fixture(scope="session")
def captured_root(tmp_path_factory):
    """The root of a captured control-plane node; the test is skipped where the capture is not at hand."""
    if not CAPTURED.exists():
        pytest.skip(f"SKIPPED FOR WANT OF THE CAPTURED NODE: {CAPTURED} is not there")
    folder = tmp_path_factory.mktemp("captured")
    with tarfile.open(CAPTURED) as archive:
        archive.extractall(folder, numeric_owner=True, filter="fully_trusted")
    return folder / "root"
