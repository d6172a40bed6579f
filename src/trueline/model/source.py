"""What an assessment could see: its sources of evidence, and what no benchmark covers."""

from typing import Final

from trueline.model.base import Model

SCOPE: Final = (
    "This report compares what was read from one target, at one time, with one benchmark. A passed check "
    "says that this one thing was as recommended; it does not say that the system is secure. Application "
    "code, container images, cloud accounts, people's access, and whatever changed since lie outside of it."
)

CLUSTER_SOURCE: Final = "Kubernetes API"
CLOUD_SOURCE: Final = "cloud's API"
"""How the names of sources begin that are the cluster's and not a node's."""


class Source(Model, frozen=True, kw_only=True, omit_defaults=False):
    """A source of evidence, such as the host's processes or the API: whether it could be read, else why not.

    `numbers` are the recommendations that wanted for it.
    """

    name: str
    available: bool
    reason: str = ""
    numbers: tuple[str, ...] = ()
