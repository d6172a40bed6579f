"""A hand-made assessment with every outcome and with names that mean harm."""

from collections import Counter

from trueline.assess import section_tallies, tally, totals
from trueline.model.facts import Tool
from trueline.model.register import Entry, PolicyHead, Review
from trueline.model.results import (
    Assessment,
    BenchmarkHead,
    Counts,
    Coverage,
    Evidence,
    NodeHead,
    Outcome,
    ProfileHead,
    Result,
    Score,
    SectionHead,
    Spread,
    Target,
    Totals,
)
from trueline.model.source import Source

HEADS = (
    SectionHead(number="1", title="Control plane components", target="master"),
    SectionHead(number="1.1", title="Files of the control plane", target="master"),
    SectionHead(number="1.2", title="API server", target="master"),
    SectionHead(number="2", title="etcd", target="etcd"),
    SectionHead(number="3.2", title="Logging", target="controlplane"),
    SectionHead(number="4", title="Worker nodes", target="node"),
    SectionHead(number="4.2", title="kubelet", target="node"),
    SectionHead(number="5.1", title="Access control and service accounts", target="policies"),
)
MANIFEST = "/etc/kubernetes/manifests/kube-apiserver.yaml"


def result(number: str, title: str, target: str, section: str, outcome: str, **fields) -> Result:
    """A scored and automated level 1 result, unless `fields` say otherwise."""
    defaults = {
        "level": 1,
        "scored": True,
        "automated": True,
        "rules": (f"rule-{number.replace('.', '-')}",),
        "reason": "",
        "disposition": "required",
    }
    return Result(
        number=number,
        title=title,
        target=target,
        section=section,
        outcome=Outcome(outcome),
        **{**defaults, **fields},
    )


def evidence(fact: str, observed: str, expected: str, source: str = MANIFEST) -> Evidence:
    return Evidence(fact=fact, source=source, observed=observed, expected=expected)


def counts(results: list[Result]) -> Counts:
    states = Counter(one.state for one in results)
    return Counts(
        total=len(results),
        passed=states["PASS"],
        failed=states["FAIL"],
        warn=states["WARN"],
        info=states["INFO"],
        outcomes=dict(sorted(Counter(one.outcome.value for one in results).items())),
    )


def score(results: list[Result]) -> Score:
    counted = [
        one.outcome
        for one in results
        if one.scored and one.automated and one.outcome.value in ("pass", "fail", "error", "unknown")
    ]
    return Score(passed=counted.count(Outcome.PASS), maximum=len(counted))


def by(results: list[Result], field: str) -> dict[str, list[Result]]:
    groups: dict[str, list[Result]] = {}
    for one in results:
        groups.setdefault(getattr(one, field), []).append(one)
    return groups


def assessment(results: list[Result], **fields) -> Assessment:
    """The results with the counts that belong to them."""
    sections = by(results, "section")
    defaults = {
        "schema": "trueline.dev/assessment/v1",
        "tool": Tool(name="trueline", version="0.1.0"),
        "benchmark": BenchmarkHead(
            id="cis-1.12",
            title="CIS Kubernetes Benchmark",
            version="1.12.0",
            digest="sha256:" + "0badcafe" * 8,
            chosen_because="the API server runs Kubernetes 1.34, which cis-1.12 is written for",
            sections=HEADS,
        ),
        "target": Target(
            name="cp-1.example.net",
            kind="node",
            roles=("master", "etcd", "controlplane", "node", "policies"),
            platform="kubeadm",
            kubernetes="1.34.2",
            operating_system="Debian GNU/Linux 12 (bookworm)",
            cluster="production-eu",
            collected_at="2026-03-04T05:06:07Z",
            finished_at="2026-03-04T05:06:09Z",
            cluster_name="prod-eu-1",
            cluster_uid="5b0c8f7e-0d5c-4d63-9f0a-6a7e3f1f2d10",
            machine_id="6d1f" * 16,
            mode="job",
        ),
        "assessed_on": "2026-03-05",
        "coverage": Coverage(total=0, applicable=0, evaluated=0),
    }
    return Assessment(
        results=tuple(results),
        counts=Totals(
            total=counts(results),
            score=score(results),
            targets={name: counts(found) for name, found in by(results, "target").items()},
            sections={name: counts(found) for name, found in sections.items()},
            section_scores={name: score(found) for name, found in sections.items()},
            tally=tally(results),
            section_tallies=section_tallies(results),
            dispositions=totals(results).dispositions,
            reviews=totals(results).reviews,
        ),
        **{**defaults, **fields},
    )


def _master() -> list[Result]:
    files, server = ("master", "1.1"), ("master", "1.2")
    return [
        result(
            "1.1.1",
            "The API server's manifest can be written by root alone",
            *files,
            "pass",
            component="files",
            severity="high",
            evidence=(evidence("mode", "0600", "0600 or stricter"),),
            why="Who writes this file decides what runs as the API server.",
        ),
        result(
            "1.1.12",
            "The data directory of etcd belongs to etcd:etcd",
            *files,
            "fail",
            component="files",
            severity="high",
            reason="/var/lib/etcd belongs to root:root.",
            evidence=(evidence("owner", "root:root", "etcd:etcd", "/var/lib/etcd"),),
            remediation="Change the owner of the directory on each node that runs etcd:\n\n"
            "    chown -R etcd:etcd /var/lib/etcd\n\nThe account has to exist first.",
            disposition="waived",
            waiver="W-2026-004",
            owner="storage",
            priority="critical",
            decision="accept",
        ),
        result(
            "1.1.20",
            "Certificates of the PKI directory can be written by their owner alone",
            *files,
            "error",
            component="files",
            reason="/etc/kubernetes/pki could not be read: permission denied.",
            remediation="Run the scan as root.",
        ),
        result(
            "1.2.1",
            "The API server answers no anonymous requests",
            *server,
            "fail",
            component="kube-apiserver",
            severity="critical",
            scored=False,
            automated=False,
            reason="--anonymous-auth is true, which is the default of Kubernetes 1.34.",
            evidence=(evidence("anonymous-auth", "true", "false", "default of kube-apiserver 1.34"),),
            remediation='Write `anonymous-auth: "false"` to apiServer.extraArgs of the ClusterConfiguration.',
            owner="control-plane",
            priority="critical",
            decision="investigate",
            review=Review(
                reviewer="a.reader",
                reviewed_on="2026-02-01",
                outcome="fail",
                note="Health checks of the load balancer | need it.",
                valid_until="2026-03-01",
                state="lapsed",
            ),
        ),
        result(
            "1.2.15",
            "Profiling of the API server is off",
            *server,
            "fail",
            component="kube-apiserver",
            severity="low",
            reason="--profiling is true, which is the default of Kubernetes 1.34.",
            why="Profiles show details of the program and of what it is doing to whoever may fetch them.",
            evidence=(
                evidence("profiling", "true", "false", "default of kube-apiserver 1.34"),
                evidence(
                    "command line",
                    "kube-apiserver " + "--some-flag=some-value " * 30,
                    "holds --profiling=false",
                ),
            ),
            remediation='Lasting change: add profiling with the value "false" to apiServer.extraArgs of the '
            "kubeadm ClusterConfiguration, then renew the manifest on each control plane node:\n\n"
            "    kubeadm init phase control-plane apiserver --config /root/kubeadm.yaml\n\n"
            f"Until then: add --profiling=false to the command in {MANIFEST}.",
        ),
        result(
            "1.2.16",
            "The API server writes an audit log",
            *server,
            "fail",
            component="kube-apiserver",
            severity="high",
            reason="--audit-log-path is not set.",
            remediation="Set --audit-log-path=/var/log/kubernetes/audit.log and mount the directory.",
            disposition="expired",
            waiver="W-2025-011",
            owner="control-plane",
            priority="high",
        ),
        result(
            "1.2.27",
            "Secrets are encrypted at rest",
            *server,
            "unknown",
            component="kube-apiserver",
            severity="high",
            level=2,
            reason="The file behind --encryption-provider-config holds a provider that is not known here.",
        ),
    ]


def _hostile() -> list[Result]:
    node, policies = ("node", "4.2"), ("policies", "5.1")
    return [
        result(
            "4.2.1",
            "<script>alert(1)</script> and \"quotes\" & 'more' {{ 7*7 }} {% raw %}",
            *node,
            "fail",
            component="kubelet",
            reason="</details><img src=x onerror=alert(1)> broke `out` | of | a *table*",
            evidence=(
                evidence(
                    "a|b`c", "line one\nline two\n[PASS] 9.9.9 forged", "x\r\n| y |", "/etc/\x1b[31mred\x07"
                ),
                evidence("right-to-left", "user\u202egnp.exe", "\u2066isolated\u2069", "/tmp/\u200bzero"),
            ),
            remediation="First line\n[PASS] 6.6.6 forged by a remediation\n```\n# Heading\n"
            "</pre><b>bold</b>\n== Summary total ==\n999 checks PASS",
        ),
        result(
            "4.2.2",
            "=cmd|' /C calc'!A0",
            *node,
            "fail",
            component="kubelet",
            severity="critical",
            reason="+1+1; @SUM(A1:A9)",
            evidence=(evidence("-2+3", '=HYPERLINK("http://evil.example/")', "@x", "\t=1"),),
            remediation="-1\n+2",
        ),
        result(
            "4.2.3",
            "A pod named caf\u00e9-\u6d4b\u8bd5-\u05e9\u05dc\u05d5\u05dd \U0001f680 was found\n"
            "[PASS] 4.2.4 not a result",
            *node,
            "pass",
            component="kubelet",
        ),
        result(
            "4.2.5",
            "N" + "o" * 400 + " blank in this name",
            *node,
            "fail",
            component="kubelet",
            severity="medium",
            reason="A path that is long: /" + "very-long-directory/" * 25,
            evidence=(evidence("k" * 120, "v" * 600, "w" * 90, "/" + "d" * 200),),
            remediation="Move it.",
        ),
        result(
            "5.1.1",
            "Few subjects hold cluster-admin",
            *policies,
            "notchecked",
            component="rbac",
            severity="high",
            scored=False,
            automated=False,
            reason="Only a person can decide this.",
            remediation="List who holds the role cluster-admin and ask each owner whether it is needed:\n\n"
            "    kubectl get clusterrolebindings -o wide",
        ),
        result(
            "5.1.3",
            "Roles name what they allow, without wildcards",
            *policies,
            "informational",
            component="rbac",
            scored=False,
            disposition="informational",
            reason="3 roles of the platform use wildcards.",
        ),
        result(
            "5.1.9",
            "Nobody creates persistent volumes of type hostPath",
            *policies,
            "notselected",
            component="rbac",
            level=2,
            reason="The chosen profile leaves it out.",
        ),
    ]


def _others() -> list[Result]:
    return [
        result(
            "2.1",
            "etcd serves clients with a certificate",
            "etcd",
            "2",
            "pass",
            component="etcd",
            severity="critical",
            evidence=(
                evidence(
                    "cert-file",
                    "/etc/kubernetes/pki/etcd/server.crt",
                    "set",
                    "command line of etcd (pid 912)",
                ),
            ),
        ),
        result("2.7", "etcd trusts a CA of its own", "etcd", "2", "pass", component="etcd", level=2),
        result(
            "3.2.1",
            "An audit policy exists",
            "controlplane",
            "3.2",
            "notapplicable",
            component="kube-apiserver",
            level=2,
            reason="The provider runs the API server.",
            disposition="provider-owned",
        ),
    ]


ENTRIES = (
    Entry(
        id="W-2026-004",
        check="1.1.12",
        benchmark="cis-1.12",
        kind="accepted-exception",
        state="matched",
        numbers=("1.1.12",),
        owner="storage",
        approver="head of storage",
        created="2026-01-05",
        expires="2026-03-31",
        reason="etcd runs as root until its unit is rebuilt with the next node image",
        compensating_control="only root may log in on these nodes",
        links=("https://tickets.example.net/4711",),
        remarks=("It expires in 26 days.",),
    ),
    Entry(
        id="W-2025-011",
        check="1.2.16",
        benchmark="cis-1.12",
        kind="accepted-exception",
        state="expired",
        numbers=("1.2.16",),
        owner="control-plane",
        expires="2025-12-31",
        reason="the log store is being built",
        remarks=("It expired on 2025-12-31.",),
    ),
    Entry(
        id="W-9\n[FAIL] 0.0 forged",
        check="<b>9.9</b> | `x`",
        benchmark="cis-1.12",
        kind="informational",
        state="invalid-check",
        owner="nobody & co",
        expires="2026-04-01",
        reason="{{ 7*7 }}",
        remarks=("cis-1.12 has no recommendation or rule <b>9.9</b> | `x`.",),
    ),
)
RICH = assessment(
    [*_master(), *_others(), *_hostile()],
    coverage=Coverage(
        total=17,
        applicable=15,
        evaluated=11,
        unavailable={
            "/etc/kubernetes/pki: permission denied": ("1.1.20",),
            "the provider `x` of <EncryptionConfiguration> is not known": ("1.2.27",),
        },
    ),
    policy=PolicyHead(files=("waivers.yaml",), digest="sha256:feedface"),
    entries=ENTRIES,
    profile=ProfileHead(
        id="shop", title="Web <shop>", digest="sha256:" + "5eedca1f" * 8, extends=("level-1",)
    ),
    notices=(
        "The scan ran as uid 1000: what only root may read was not seen.",
        "Kubernetes 1.36 is newer than the benchmark;\n[FAIL] 0.0 a forged line",
    ),
)

HOST = assessment(
    [
        result(
            "1.1.1.1",
            "The file system squashfs can't be mounted",
            "host",
            "1.1.1",
            "fail",
            component="kernel-module",
            reason="squashfs is loaded, and nothing keeps it from being loaded.",
            evidence=(evidence("squashfs", "loaded", "blocked and not loaded", "/proc/modules"),),
            remediation="Block the module, now and after the next boot:\n\n"
            "    printf 'install squashfs /bin/false\\n' > /etc/modprobe.d/squashfs.conf\n    rmmod squashfs",
            why="Code that nobody needs can't be attacked once it can't be loaded.",
            audit="squashfs is not loaded, and modprobe.d or its absence keeps it out.",
            impact="Packages of the snap format are mounted as squashfs and no longer start.",
            references=("modprobe.d(5)", "Kernel modules & <you>"),
        ),
        result("1.1.2", "/tmp is a file system of its own", "host", "1.1", "pass", component="mount"),
        result(
            "1.1.3",
            "/home is a file system of its own",
            "host",
            "1.1",
            "notselected",
            level=2,
            component="mount",
        ),
        result(
            "1.2",
            "Sources of packages are those that you chose",
            "host",
            "1",
            "notchecked",
            scored=False,
            automated=False,
            reason="Only a person can decide this.",
        ),
        result(
            "3.1",
            "Packets are not forwarded",
            "host",
            "3",
            "fail",
            severity="high",
            reason="net.ipv4.ip_forward is 1.",
            evidence=(evidence("net.ipv4.ip_forward", "1", "0", "/proc/sys/net/ipv4/ip_forward"),),
            disposition="waived",
            waiver="kubernetes-node",
        ),
        result("3.2", "SCTP can't be used", "host", "3", "fail", scored=False, reason="sctp can be loaded."),
        result("3.3", "The firewall drops what no rule lets in", "host", "3", "error", reason="nft: 127."),
        result("3.4", "IPv6 routes are not accepted", "host", "3", "notapplicable", reason="No IPv6 here."),
    ],
    benchmark=BenchmarkHead(
        id="cis-some-linux-1.0.0",
        title="CIS Some Linux Benchmark",
        version="1.0.0",
        digest="sha256:" + "c0ffee00" * 8,
        sections=(
            SectionHead(number="1", title="First steps", target="host"),
            SectionHead(number="1.1", title="File systems", target="host"),
            SectionHead(number="1.1.1", title="Kinds that nobody needs", target="host"),
            SectionHead(number="3", title="Network", target="host"),
        ),
    ),
    target=Target(
        name="web-7", roles=("host",), operating_system="Some Linux 2", collected_at="2026-03-04T05:06:07Z"
    ),
    coverage=Coverage(total=8, applicable=6, evaluated=4, unavailable={"nft: 127.": ("3.3",)}),
)

CLEAN = assessment(
    [
        result("2.1", "etcd serves clients with a certificate", "etcd", "2", "pass", component="etcd"),
        result("2.7", "etcd trusts a CA of its own", "etcd", "2", "notapplicable", component="etcd"),
    ],
    coverage=Coverage(total=2, applicable=1, evaluated=1),
)

EMPTY = assessment([])


def spread(missing=(), **nodes) -> Spread:
    return Spread(
        nodes={Outcome(word): tuple(names) for word, names in nodes.items()}, missing=tuple(missing)
    )


WORKERS = tuple(f"worker-{number}" for number in range(1, 8))
FLEET = assessment(
    [
        result(
            *("1.2.15", "Profiling of the API server is off", "master", "1.2", "fail"),
            reason="On cp-2: --profiling is true.",
            evidence=(evidence("profiling", "true", "false"),),
            remediation="Set --profiling=false.\n\n    vi " + MANIFEST,
            spread=spread(fail=["cp-2"], **{"pass": ["cp-1"]}),
        ),
        result(
            *("1.2.16", "The API server writes an audit log", "master", "1.2", "fail"),
            reason="On cp-1: --audit-log-path is not set.",
            remediation="Set --audit-log-path.",
            spread=spread(fail=["cp-1", "cp-2"]),
        ),
        result(
            *("2.1", "etcd serves clients with a certificate", "etcd", "2", "pass"),
            spread=spread(**{"pass": ["cp-1", "cp-2"]}),
        ),
        result(
            *("4.2.1", "The kubelet answers no anonymous requests", "node", "4.2", "fail"),
            reason="On worker-3: anonymous requests are answered.",
            remediation="Set authentication.anonymous.enabled to false.",
            spread=spread(["worker-8"], fail=["worker-3"], **{"pass": ["cp-1", "cp-2", *WORKERS[3:]]}),
        ),
        result(
            *("4.2.2", "The kubelet asks who may do what", "node", "4.2", "error"),
            reason="No result of worker-8.",
            spread=spread(["worker-8"], **{"pass": ["cp-1", "cp-2", *WORKERS]}),
        ),
        result(
            *("4.2.3", "Certificates of kubelets are renewed", "node", "4.2", "notapplicable"),
            reason="The provider renews them.",
            spread=spread(notapplicable=["cp-1", "cp-2", *WORKERS]),
        ),
        result(
            *("5.1.1", "Few are administrators of the cluster", "policies", "5.1", "notchecked"),
            automated=False,
            reason="Look at the bindings of cluster-admin.",
        ),
    ],
    target=Target(
        name="prod-eu-1",
        kind="cluster",
        roles=("master", "etcd", "controlplane", "node", "policies"),
        platform="kubeadm",
        kubernetes="1.34.2",
        cluster="https://192.0.2.1:6443",
        collected_at="2026-03-04T05:06:07Z",
        finished_at="2026-03-04T05:08:00Z",
        cluster_name="prod-eu-1",
        cluster_uid="5b0c8f7e-0d5c-4d63-9f0a-6a7e3f1f2d10",
        mode="job",
    ),
    nodes=(
        *(
            NodeHead(name=name, roles=("master", "controlplane", "etcd", "node"), collected_at=at)
            for name, at in (("cp-1", "2026-03-04T05:06:07Z"), ("cp-2", "2026-03-04T05:06:08Z"))
        ),
        *(NodeHead(name=name, roles=("node",), collected_at="2026-03-04T05:07:00Z") for name in WORKERS),
        NodeHead(name="worker-8", roles=("node",), missing=True, reason="No result came of it."),
    ),
    notices=("No results came of 1 expected nodes: worker-8.",),
    sources=(
        Source(name="processes of the node", available=True),
        Source(name="files below /etc/kubernetes", available=True),
        Source(
            name="files below /var/lib/kubelet",
            available=False,
            reason="is not mounted below the root (on 1 of 9: worker-3)",
            numbers=("4.2.2",),
        ),
    ),
    coverage=Coverage(total=7, applicable=6, evaluated=4, not_inspectable=1),
)


def large(count: int) -> Assessment:
    """`count` results, as a fleet-sized benchmark would give."""
    rows = [*_master(), *_others(), *_hostile()]
    return assessment([rows[index % len(rows)] for index in range(count)])
