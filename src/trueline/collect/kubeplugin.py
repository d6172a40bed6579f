"""Runs the exec plug-in of a kubeconfig, the program that gives credentials for EKS, GKE, AKS and others."""

import base64
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress

import msgspec

from trueline.collect.kubeaccess import Cluster, ExecPlugin
from trueline.collect.kubefiles import drained
from trueline.collect.kubetls import pem_bytes
from trueline.errors import AccessError

PLUGIN_SECONDS = 60.0
PLUGIN_OUTPUT_BYTES = 1024 * 1024
_GROUP = "client.authentication.k8s.io/"
_VERSIONS = ("v1", "v1beta1", "v1alpha1")


class Status(msgspec.Struct, frozen=True, rename="camel"):
    token: str | None = None
    client_certificate_data: str | None = None
    client_key_data: str | None = None

    def __repr__(self) -> str:
        return "Status()"


class _Credential(msgspec.Struct, frozen=True, rename="camel"):
    """What an exec plug-in prints."""

    api_version: str
    kind: str
    status: Status


def run_plugin(plugin: ExecPlugin, cluster: Cluster, environment: Mapping[str, str]) -> Status:
    """The credentials that an exec plug-in gives. Raises AccessError where it fails or gives none."""
    version = plugin.api_version.removeprefix(_GROUP)
    if version not in _VERSIONS or not plugin.api_version.startswith(_GROUP):
        raise _plugin_error(plugin, f"has the unknown apiVersion {plugin.api_version!r}")
    if plugin.interactive_mode == "Always":
        raise _plugin_error(plugin, "wants to ask questions, which is not possible here")
    output = _plugin_output(plugin, _plugin_environment(plugin, cluster, environment))
    try:
        credential = msgspec.json.decode(output, type=_Credential)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _plugin_error(plugin, "printed something else than an ExecCredential") from None
    if credential.kind != "ExecCredential" or credential.api_version != plugin.api_version:
        raise _plugin_error(plugin, f"did not answer in {plugin.api_version}")
    status = credential.status
    if not status.token and not (status.client_certificate_data and status.client_key_data):
        raise _plugin_error(plugin, "gave neither a token nor a client certificate with its key")
    return status


def _plugin_output(plugin: ExecPlugin, environment: Mapping[str, str]) -> bytes:
    # Its standard error goes through to ours, as with kubectl: there it says that a login is needed.
    try:
        process = subprocess.Popen(  # noqa: S603 - the kubeconfig's owner chose the program
            [plugin.command, *plugin.args],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "malformed"
        raise _plugin_error(plugin, f"could not be started: {reason}") from None
    with process:
        try:
            output = _read_all(process)
        except OSError as error:
            _kill(process)
            raise _plugin_error(plugin, f"was stopped: {error.strerror}") from None
    if process.returncode:
        raise _plugin_error(plugin, f"failed with exit code {process.returncode}")
    return output


def _read_all(process: subprocess.Popen[bytes]) -> bytes:
    deadline = time.monotonic() + PLUGIN_SECONDS
    output = drained(process.stdout.fileno(), PLUGIN_OUTPUT_BYTES, deadline) if process.stdout else b""
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise TimeoutError(0, "it did not end in time") from None
    return output


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _plugin_environment(
    plugin: ExecPlugin, cluster: Cluster, environment: Mapping[str, str]
) -> dict[str, str]:
    spec: dict[str, object] = {"interactive": False}
    if plugin.provide_cluster_info:
        spec["cluster"] = _cluster_info(cluster)
    info = {"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": spec}
    own = {variable.name: variable.value for variable in plugin.env}
    return {**environment, **own, "KUBERNETES_EXEC_INFO": msgspec.json.encode(info).decode()}


def _cluster_info(cluster: Cluster) -> dict[str, object]:
    authority = pem_bytes(
        "certificate-authority", cluster.certificate_authority_data, cluster.certificate_authority
    )
    known = {
        "server": cluster.server,
        "tls-server-name": cluster.tls_server_name,
        "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify,
        "certificate-authority-data": base64.b64encode(authority).decode(),
        "proxy-url": cluster.proxy_url,
        "disable-compression": cluster.disable_compression,
        "config": next(
            (e.get("extension") for e in cluster.extensions if e.get("name") == f"{_GROUP}exec"), None
        ),
    }
    return {name: value for name, value in known.items() if value}


def _plugin_error(plugin: ExecPlugin, problem: str) -> AccessError:
    hint = " ".join(plugin.install_hint.split())[:300]
    return AccessError(
        f"the kubeconfig's credential plug-in {plugin.command} {problem}",
        hint=hint or "Try `kubectl get nodes` with the same kubeconfig.",
    )
