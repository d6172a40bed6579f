"""What it takes to reach a cluster, as a kubeconfig writes it; credentials never show in a repr."""

from pathlib import Path
from typing import Any, TypeVar

import msgspec

_S = TypeVar("_S", bound=msgspec.Struct)


class Cluster(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """A cluster of a kubeconfig: the server's address and what its certificate is held against."""

    server: str = ""
    certificate_authority: str = ""
    certificate_authority_data: str = ""
    insecure_skip_tls_verify: bool = False
    tls_server_name: str = ""
    proxy_url: str = ""
    disable_compression: bool = False
    extensions: tuple[dict[str, Any], ...] = ()

    def anchored(self, folder: Path) -> "Cluster":
        """The same with paths that are relative to the kubeconfig's folder made absolute."""
        return _with_paths(self, folder, "certificate_authority")


class ExecVariable(msgspec.Struct, frozen=True):
    """An environment variable for an exec plug-in; its value may be a secret."""

    name: str
    value: str = ""

    def __repr__(self) -> str:
        return f"ExecVariable({self.name!r})"


class ExecPlugin(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A program that gives credentials, by the protocol client.authentication.k8s.io."""

    api_version: str
    command: str
    args: tuple[str, ...] = ()
    env: tuple[ExecVariable, ...] = ()
    install_hint: str = ""
    provide_cluster_info: bool = False
    interactive_mode: str = ""

    def __repr__(self) -> str:
        return f"ExecPlugin({self.command!r})"


class AuthProvider(msgspec.Struct, frozen=True):
    """The way before exec plug-ins; of these only `oidc` is still known to kubectl."""

    name: str = ""
    config: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"AuthProvider({self.name!r})"


class User(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """A user of a kubeconfig: credentials, or where they come from."""

    client_certificate: str = ""
    client_certificate_data: str = ""
    client_key: str = ""
    client_key_data: str = ""
    token: str = ""
    token_file: str = msgspec.field(default="", name="tokenFile")
    username: str = ""
    password: str = ""
    exec: ExecPlugin | None = None
    auth_provider: AuthProvider | None = None
    act_as: str = msgspec.field(default="", name="as")
    act_as_uid: str = msgspec.field(default="", name="as-uid")
    act_as_groups: tuple[str, ...] = msgspec.field(default=(), name="as-groups")
    act_as_extra: dict[str, tuple[str, ...]] = msgspec.field(default={}, name="as-user-extra")

    def __repr__(self) -> str:
        return "User()"

    def anchored(self, folder: Path) -> "User":
        """The same with paths that are relative to the kubeconfig's folder made absolute."""
        user = _with_paths(self, folder, "client_certificate", "client_key", "token_file")
        if user.exec and "/" in user.exec.command:
            return msgspec.structs.replace(user, exec=_with_paths(user.exec, folder, "command"))
        return user


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """One way to one cluster. `name` is the kubeconfig's name for the cluster, empty inside a pod."""

    name: str
    cluster: Cluster
    user: User


def without_nulls(value: Any) -> Any:
    """The value without the keys whose value is null, which is how Go writes and reads a default."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value]
    return value


def _with_paths(struct: _S, folder: Path, *fields: str) -> _S:
    paths = {field: str(folder / getattr(struct, field)) for field in fields if getattr(struct, field)}
    return msgspec.structs.replace(struct, **paths)
