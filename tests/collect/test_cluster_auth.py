"""Every way to authenticate that a kubeconfig knows, against a real server over TLS."""

import base64
import json
import os
import re
import select
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.collect.apiserver import BASIC, TOKEN, serve
from tests.collect.pki import pki
from tests.collect.test_cluster import QUICK
from trueline.collect.cluster import Surroundings, collect_cluster
from trueline.errors import AccessError

OTHER = pki("other-ca")


@pytest.fixture(scope="module")
def server():
    with serve({"pods": [{"metadata": {"name": "p", "namespace": "n"}}]}) as running:
        yield running


@pytest.fixture
def bare():
    """An environment without proxies and credentials."""
    return Surroundings(environment={"PATH": os.environ["PATH"]})


def program(folder, body, name="plugin"):
    path = folder / name
    path.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{body}\n")
    path.chmod(0o755)
    return str(path)


def credential(version="v1", **status):
    document = {
        "apiVersion": f"client.authentication.k8s.io/{version}",
        "kind": "ExecCredential",
        "status": status,
    }
    return f"print({json.dumps(document)!r})"


def plugin_user(command, version="v1", **more):
    plugin = {
        "apiVersion": f"client.authentication.k8s.io/{version}",
        "command": command,
        "args": None,
        "env": None,
    }
    return {"exec": {**plugin, "interactiveMode": "IfAvailable", **more}}


def file(folder, name, data):
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return name


def users(folder, pki):
    pair = {"client-certificate-data": pki.client.certificate_data, "client-key-data": pki.client.key_data}
    certificates = credential(
        clientCertificateData=pki.client.certificate.decode(), clientKeyData=pki.client.key.decode()
    )
    name, _, password = BASIC.partition(":")
    return {
        "token": {"token": TOKEN},
        "token file, relative, with a newline": {"tokenFile": file(folder, "token", TOKEN + "\n")},
        "token file over token": {"token": "old", "tokenFile": file(folder, "token", TOKEN)},
        "client certificate data": pair,
        "client certificate data in lines": {k: "\n".join([v[:40], v[40:]]) for k, v in pair.items()},
        "client certificate files": {
            "client-certificate": file(folder, "client.crt", pki.client.certificate),
            "client-key": file(folder, "client.key", pki.client.key),
        },
        "basic": {"username": name, "password": password},
        "plug-in v1": plugin_user(program(folder, credential(token=TOKEN), "v1")),
        "plug-in v1beta1": plugin_user(
            program(folder, credential("v1beta1", token=TOKEN), "v1beta1"), "v1beta1"
        ),
        "plug-in with a certificate": plugin_user(program(folder, certificates, "certificates")),
        "plug-in beside the kubeconfig": plugin_user("./v1"),
        "token over plug-in": {"token": TOKEN, **plugin_user("no-such-program")},
        "id token": {"auth-provider": {"name": "oidc", "config": {"id-token": TOKEN}}},
    }


WAYS = (
    "token",
    "token file, relative, with a newline",
    "token file over token",
    "client certificate data",
    "client certificate data in lines",
    "client certificate files",
    "basic",
    "plug-in v1",
    "plug-in v1beta1",
    "plug-in with a certificate",
    "plug-in beside the kubeconfig",
    "token over plug-in",
    "id token",
)


@pytest.mark.parametrize("name", WAYS)
def test_credentials_are_accepted(server, tmp_path, bare, name):
    path = server.kubeconfig(tmp_path, user=users(tmp_path, server.pki)[name])
    facts = collect_cluster(path, limits=QUICK, surroundings=bare)
    assert facts.unavailable == {}
    assert facts.pods


def test_no_private_key_is_left_in_a_file(server, tmp_path, bare, monkeypatch):
    # A file that was there only for a moment would still have changed the directory's time.
    left = tmp_path / "tmp"
    left.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(left))
    path = server.kubeconfig(tmp_path, user=users(tmp_path, server.pki)["client certificate data"])
    before = left.stat().st_mtime_ns
    assert collect_cluster(path, limits=QUICK, surroundings=bare).pods
    assert left.stat().st_mtime_ns == before


@pytest.mark.parametrize("user", [{"token": "wrong"}, {}, {"username": "a", "password": "b"}])
def test_credentials_that_are_refused(server, tmp_path, bare, user):
    facts = collect_cluster(server.kubeconfig(tmp_path, user=user), limits=QUICK, surroundings=bare)
    assert {reason.partition(":")[0] for reason in facts.unavailable.values()} == {"unauthorized"}
    assert facts.server == server.address


def test_the_pod_s_service_account(server, tmp_path):
    file(tmp_path, "token", TOKEN)
    file(tmp_path, "ca.crt", server.pki.authority.certificate)
    host, _, port = server.address.removeprefix("https://").partition(":")
    environment = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
    around = Surroundings(environment=environment, service_account=str(tmp_path))
    facts = collect_cluster(in_cluster=True, limits=QUICK, surroundings=around)
    assert facts.unavailable == {}
    assert (facts.name, facts.server) == ("", server.address)


@pytest.mark.parametrize("missing", ["token", "host"])
def test_not_in_a_pod(tmp_path, missing):
    if missing != "token":
        file(tmp_path, "token", TOKEN)
    environment = {} if missing == "host" else {"KUBERNETES_SERVICE_HOST": "192.0.2.1"}
    around = Surroundings(environment=environment, service_account=str(tmp_path))
    with pytest.raises(AccessError, match="no service account"):
        collect_cluster(in_cluster=True, surroundings=around)


def test_a_token_that_is_rotated_during_the_collection(tmp_path, bare):
    with serve({}) as server:
        path = server.kubeconfig(tmp_path, user={"tokenFile": file(tmp_path, "token", TOKEN)})

        def rotate(resource, count):
            server.tokens = {TOKEN, "new"}
            (tmp_path / file(tmp_path, "token.new", "new")).replace(tmp_path / "token")
            server.tokens = {"new"}

        facts = collect_cluster(path, limits=QUICK, surroundings=bare, progress=rotate)
    assert facts.unavailable == {}


def test_a_plug_in_is_asked_again_when_its_token_ran_out(tmp_path, bare):
    count = tmp_path / "count"
    body = f"count = open({str(count)!r}, 'a+'); count.write('x'); count.seek(0)\n"
    body += (
        credential(token="turn-N").replace("print(", "print(str(") + ".replace('N', str(len(count.read()))))"
    )
    with serve({}) as server:
        server.tokens = {"turn-2"}
        path = server.kubeconfig(tmp_path, user=plugin_user(program(tmp_path, body)))
        facts = collect_cluster(path, limits=QUICK, surroundings=bare)
    assert facts.unavailable == {}
    assert count.read_text() == "xx"


def test_what_a_plug_in_is_told(server, tmp_path, bare):
    told = tmp_path / "told"
    body = f"open({str(told)!r}, 'w').write(json.dumps([dict(os.environ), sys.argv[1:], sys.stdin.read()]))\n"
    more = {
        "args": ["get-token", "--cluster", "x"],
        "env": [{"name": "REGION", "value": "r"}],
        "provideClusterInfo": True,
    }
    user = plugin_user(program(tmp_path, body + credential(token=TOKEN)), **more)
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "a"}}
    path = server.kubeconfig(tmp_path, user=user, cluster={"extensions": [extension]})
    collect_cluster(path, limits=QUICK, surroundings=bare)
    environment, arguments, standard_input = json.loads(told.read_text())
    assert (environment["REGION"], arguments, standard_input) == ("r", ["get-token", "--cluster", "x"], "")
    info = json.loads(environment["KUBERNETES_EXEC_INFO"])
    assert info["apiVersion"] == "client.authentication.k8s.io/v1"
    assert info["spec"]["interactive"] is False
    assert info["spec"]["cluster"]["server"] == server.address
    assert info["spec"]["cluster"]["config"] == {"audience": "a"}


@pytest.mark.parametrize(
    ("body", "more", "problem"),
    [
        ("sys.exit(3)", {}, "failed with exit code 3"),
        ("print('hello')", {}, "something else than an ExecCredential"),
        ("print('[' * 100000)", {}, "something else than an ExecCredential"),
        ("pass", {}, "something else than an ExecCredential"),
        (credential(), {}, "neither a token nor a client certificate"),
        (credential("v1beta1", token=TOKEN), {}, "did not answer in"),
        (credential(token=TOKEN), {"interactiveMode": "Always"}, "ask questions"),
        (
            credential("v9", token=TOKEN),
            {"apiVersion": "client.authentication.k8s.io/v9"},
            "unknown apiVersion",
        ),
        ("print('x' * 3_000_000)", {}, "larger than"),
    ],
)
def test_a_plug_in_that_fails(server, tmp_path, bare, body, more, problem):
    path = server.kubeconfig(tmp_path, user=plugin_user(program(tmp_path, body), **more))
    with pytest.raises(AccessError, match=problem) as caught:
        collect_cluster(path, limits=QUICK, surroundings=bare)
    assert TOKEN not in str(caught.value) + caught.value.hint


def test_a_plug_in_that_is_not_installed(server, tmp_path, bare):
    user = plugin_user("no-such-plugin", installHint="Get it from\n  example.test")
    with pytest.raises(AccessError, match="no-such-plugin could not be started: No such file") as caught:
        collect_cluster(server.kubeconfig(tmp_path, user=user), surroundings=bare)
    assert caught.value.hint == "Get it from example.test"


@pytest.mark.timeout(20)
def test_a_plug_in_that_never_ends_is_stopped(server, tmp_path, bare, monkeypatch):
    monkeypatch.setattr("trueline.collect.kubeplugin.PLUGIN_SECONDS", 0.3)
    path = server.kubeconfig(tmp_path, user=plugin_user(program(tmp_path, "time.sleep(60)")))
    with pytest.raises(AccessError, match="was stopped"):
        collect_cluster(path, surroundings=bare)


@pytest.mark.parametrize(
    ("cluster", "reason"),
    [
        (
            {"certificate-authority-data": OTHER.authority.certificate_data},
            "TLS failed: .*(issuer|self-signed)",
        ),
        ({"certificate-authority-data": None}, "TLS failed: .*(issuer|self-signed)"),
        ({"tls-server-name": "kubernetes.example.test"}, "TLS failed: Hostname mismatch"),
    ],
)
def test_a_server_that_is_not_the_right_one(server, tmp_path, bare, cluster, reason):
    facts = collect_cluster(server.kubeconfig(tmp_path, cluster=cluster), limits=QUICK, surroundings=bare)
    (only,) = set(facts.unavailable.values())
    assert re.search(reason, only)
    assert facts.pods == ()


def test_no_credentials_go_to_a_server_that_is_not_the_right_one(server, tmp_path, bare):
    before = len(server.asked)
    cluster = {"certificate-authority-data": OTHER.authority.certificate_data}
    collect_cluster(server.kubeconfig(tmp_path, cluster=cluster), limits=QUICK, surroundings=bare)
    assert len(server.asked) == before


@pytest.mark.parametrize(
    "cluster",
    [
        {"tls-server-name": "localhost"},
        {"certificate-authority-data": None, "insecure-skip-tls-verify": True},
        {
            "certificate-authority-data": None,
            "insecure-skip-tls-verify": True,
            "tls-server-name": "elsewhere",
        },
        {"certificate-authority-data": None, "certificate-authority": "ca.crt"},
        {"disable-compression": True},
    ],
)
def test_ways_to_trust_a_server(server, tmp_path, bare, cluster):
    file(tmp_path, "ca.crt", server.pki.authority.certificate)
    facts = collect_cluster(server.kubeconfig(tmp_path, cluster=cluster), limits=QUICK, surroundings=bare)
    assert facts.unavailable == {}


def broken(pki):
    data = pki.client.certificate_data
    encrypted = base64.b64encode(pki.encrypted_key).decode()
    return [
        ({"client-certificate-data": data}, {}, "not both there"),
        ({"client-certificate-data": data, "client-key-data": OTHER.client.key_data}, {}, "can't be used"),
        ({"client-certificate-data": data, "client-key-data": encrypted}, {}, "can't be used"),
        ({"client-certificate-data": "%%%", "client-key-data": "%%%"}, {}, "not base64"),
        ({"client-certificate": "absent.crt", "client-key": "absent.key"}, {}, "No such file"),
        ({"tokenFile": "absent"}, {}, "token file .*No such file"),
        ({"tokenFile": "/dev/zero"}, {}, "not a regular file"),
        ({"token": "line\nbreak"}, {}, "token"),
        ({"auth-provider": {"name": "gcp"}}, {}, "'gcp' is no longer supported"),
        ({}, {"certificate-authority-data": "AAAA"}, "no certificate"),
        ({}, {"insecure-skip-tls-verify": True}, "both a certificate authority and insecure"),
        ({}, {"server": "ftp://x"}, "not an http or https address"),
        ({}, {"server": "https://[x"}, "not an http or https address"),
        ({}, {"proxy-url": "http://[x"}, "proxy"),
    ]


@pytest.mark.parametrize(("user", "cluster", "problem"), broken(pki()))
def test_credentials_that_can_t_be_used(server, tmp_path, bare, user, cluster, problem):
    path = server.kubeconfig(tmp_path, user=user, cluster=cluster)
    with pytest.raises(AccessError, match=problem) as caught:
        collect_cluster(path, limits=QUICK, surroundings=bare)
    assert "PRIVATE" not in str(caught.value)


def test_impersonation_is_asked_for(tmp_path, bare):
    user = {"token": TOKEN, "as": "eve", "as-groups": ["g1", "g2"], "as-user-extra": {"reason": ["audit"]}}
    with serve({}) as server:
        collect_cluster(server.kubeconfig(tmp_path, user=user), limits=QUICK, surroundings=bare)
        headers = server.headers_seen[-1]
    assert headers["Impersonate-User"] == "eve"
    assert headers.get_all("Impersonate-Group") == ["g1", "g2"] or headers["Impersonate-Group"] == "g1, g2"
    assert headers["Impersonate-Extra-reason"] == "audit"


class Tunnel(BaseHTTPRequestHandler):
    """A proxy that connects to where it is asked, if the caller knows its password."""

    def log_message(self, *_):
        """Nothing on the terminal."""

    def do_CONNECT(self):
        if self.headers["Proxy-Authorization"] != "Basic " + base64.b64encode(b"me:pw").decode():
            return self.send_error(407)
        host, _, port = self.path.rpartition(":")
        if host == "cluster.invalid":
            return self.send_error(502)
        with socket.create_connection((host, int(port))) as upstream:
            self.send_response(200)
            self.end_headers()
            ends = {self.connection: upstream, upstream: self.connection}
            while True:
                for ready in select.select(list(ends), [], [])[0]:
                    data = ready.recv(65536)
                    if not data:
                        return None
                    ends[ready].sendall(data)


@pytest.fixture
def proxy():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Tunnel)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_through_a_proxy(server, proxy, tmp_path, bare):
    path = server.kubeconfig(tmp_path, cluster={"proxy-url": f"http://me:pw@{proxy}"})
    assert collect_cluster(path, limits=QUICK, surroundings=bare).unavailable == {}


def test_a_proxy_that_refuses(server, proxy, tmp_path, bare):
    path = server.kubeconfig(tmp_path, cluster={"proxy-url": f"http://me:wrong-pw@{proxy}"})
    facts = collect_cluster(path, limits=QUICK, surroundings=bare)
    assert {reason.partition(":")[0] for reason in facts.unavailable.values()} == {
        "the proxy did not let us through"
    }
    assert "wrong-pw" not in repr(facts)


def test_the_environment_s_proxy(server, proxy, tmp_path):
    # Proxies are not used for this host itself, so a name is needed that only the proxy could resolve.
    around = Surroundings(environment={"HTTPS_PROXY": f"http://me:pw@{proxy}"})
    port = server.address.rpartition(":")[2]
    cluster = {"server": f"https://cluster.invalid:{port}"}
    facts = collect_cluster(server.kubeconfig(tmp_path, cluster=cluster), limits=QUICK, surroundings=around)
    assert {reason.partition(":")[0] for reason in facts.unavailable.values()} == {
        "the proxy did not let us through"
    }
