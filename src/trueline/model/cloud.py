"""What a cloud's own API says of a managed cluster."""

from typing import Any, Literal

from trueline.model.base import Model

CloudKind = Literal["eks-cluster", "gke-cluster", "aks-cluster", "ack-cluster"]


class CloudDump(Model, frozen=True, kw_only=True):
    """The answer of a cloud's API to the question for one cluster.

    `data` is its JSON as it came, keys, certificates and passwords taken out. `source` is the file's name.
    """

    kind: CloudKind
    data: Any
    source: str
