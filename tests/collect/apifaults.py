"""The ways in which the API server of the tests misbehaves, by name."""

import gzip
from typing import Any

_RBAC, _ADMISSION = "rbac.authorization.k8s.io", "admissionregistration.k8s.io"
KINDS = {
    "nodes": ("", "Node"),
    "namespaces": ("", "Namespace"),
    "serviceaccounts": ("", "ServiceAccount"),
    "pods": ("", "Pod"),
    "services": ("", "Service"),
    "deployments": ("apps", "Deployment"),
    "daemonsets": ("apps", "DaemonSet"),
    "statefulsets": ("apps", "StatefulSet"),
    "replicasets": ("apps", "ReplicaSet"),
    "jobs": ("batch", "Job"),
    "cronjobs": ("batch", "CronJob"),
    "roles": (_RBAC, "Role"),
    "clusterroles": (_RBAC, "ClusterRole"),
    "rolebindings": (_RBAC, "RoleBinding"),
    "clusterrolebindings": (_RBAC, "ClusterRoleBinding"),
    "networkpolicies": ("networking.k8s.io", "NetworkPolicy"),
    "mutatingwebhookconfigurations": (_ADMISSION, "MutatingWebhookConfiguration"),
    "validatingwebhookconfigurations": (_ADMISSION, "ValidatingWebhookConfiguration"),
    "validatingadmissionpolicies": (_ADMISSION, "ValidatingAdmissionPolicy"),
    "validatingadmissionpolicybindings": (_ADMISSION, "ValidatingAdmissionPolicyBinding"),
}


class Faults:
    """Each method is a fault: it answers a request, or returns False to have it answered well."""

    server: Any

    def fault_forbidden(self, name: str) -> bool:
        return self.status(403, f'{name} is forbidden: User "auditor" cannot list resource "{name}"')

    def fault_not_found(self, name: str) -> bool:
        return self.status(404, "the server could not find the requested resource")

    def fault_gone_once(self, name: str) -> bool:
        return (
            "continue=" in self.path and self.first() and self.status(410, "The provided continue is too old")
        )

    def fault_gone(self, name: str) -> bool:
        return "continue=" in self.path and self.status(410, "The provided continue is too old")

    def fault_error(self, name: str) -> bool:
        return self.status(500, "etcdserver: request timed out")

    def fault_error_once(self, name: str) -> bool:
        return self.first() and self.status(503, "not yet")

    def fault_throttle_once(self, name: str) -> bool:
        return self.first() and self.status(429, "too many", Retry_After="0")

    def fault_throttle_for_hours(self, name: str) -> bool:
        return self.status(429, "too many", Retry_After="86400")

    def fault_expired_token(self, name: str) -> bool:
        self.server.tokens.clear()
        return self.status(401, "token expired")

    def fault_half_page(self, name: str) -> bool:
        self.answer(200, {"Content-Type": "application/json"}, b'{"kind":"PodList","items":[{"metadata', 5000)
        self.close_connection = True
        return True

    def fault_cut_json(self, name: str) -> bool:
        self.json(
            b'{"kind":"'
            + self.kind(name).encode()
            + b'List","metadata":{},"items":[{"metadata":{"name":"a"}}'
        )
        return True

    def fault_bad_gzip(self, name: str) -> bool:
        self.answer(200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, b"not gzip at all")
        return True

    def fault_bomb(self, name: str) -> bool:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        self.answer(200, headers, gzip.compress(b'{"kind":"' + b" " * 50_000_000))
        return True

    def fault_compressed(self, name: str) -> bool:
        body = b'{"kind":"%sList","metadata":{},"items":[' % self.kind(name).encode()
        data = gzip.compress(body + b",".join(self.server.items[name]) + b"]}")
        self.answer(200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, data)
        return True

    def fault_chunked(self, name: str) -> bool:
        body = b'{"kind":"%sList","metadata":{},"items":[' % self.kind(name).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in (body, b",".join(self.server.items[name]), b"]}"):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part) if part else b"")
        self.wfile.write(b"0\r\n\r\n")
        return True

    def fault_hang(self, name: str) -> bool:
        self.server.stopping.wait(60)
        return True

    def fault_drop(self, name: str) -> bool:
        self.close_connection = True
        return True

    def fault_drop_once(self, name: str) -> bool:
        self.close_connection = self.first()
        return self.close_connection

    def fault_endless(self, name: str) -> bool:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"kind":"x","items":[')
        while not self.server.stopping.is_set():
            self.wfile.write(b"[" + b" " * 65536 + b"],")
        self.close_connection = True
        return True

    def fault_trickle(self, name: str) -> bool:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        return self.drip(b" ")

    def fault_trickle_headers(self, name: str) -> bool:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        return self.drip(b"a")

    def drip(self, byte: bytes) -> bool:
        while not self.server.stopping.wait(0.05):
            self.wfile.write(byte)
            self.wfile.flush()
        self.close_connection = True
        return True

    def fault_endless_pages(self, name: str) -> bool:
        start = self.path.rpartition("continue=")[2] if "continue=" in self.path else "0"
        self.list(self.kind(name), [b'{"metadata":{"name":"again"}}'], str(int(start) + 1))
        return True

    def fault_same_token(self, name: str) -> bool:
        self.list(self.kind(name), [b'{"metadata":{"name":"again"}}'], "same")
        return True

    def fault_html(self, name: str) -> bool:
        self.answer(200, {"Content-Type": "text/html; charset=utf-8"}, b"<html>Please log in</html>")
        return True

    def fault_html_as_json(self, name: str) -> bool:
        self.json(b"<html>Please log in</html>")
        return True

    def fault_redirect(self, name: str) -> bool:
        self.answer(302, {"Location": f"{self.server.address}/elsewhere"})
        return True

    def fault_other_kind(self, name: str) -> bool:
        self.json(b'{"kind":"SecretList","metadata":{},"items":[{"metadata":{"name":"s"},"data":{"a":"b"}}]}')
        return True

    def fault_other_item_kind(self, name: str) -> bool:
        self.list(self.kind(name), [b'{"kind":"Secret","metadata":{"name":"s"}}'])
        return True

    def fault_null_items(self, name: str) -> bool:
        self.json(b'{"kind":"%sList","metadata":null,"items":null}' % self.kind(name).encode())
        return True

    def fault_no_items(self, name: str) -> bool:
        self.json(b'{"kind":"%sList","metadata":{}}' % self.kind(name).encode())
        return True

    def fault_null_item(self, name: str) -> bool:
        self.list(self.kind(name), [b"null"])
        return True

    def fault_nameless(self, name: str) -> bool:
        self.list(self.kind(name), [b"{}"])
        return True

    def fault_wrong_type(self, name: str) -> bool:
        self.list(
            self.kind(name),
            [b'{"metadata":{"name":"fine"}}', b'{"metadata":{"name":"odd","namespace":["x"]}}'],
        )
        return True

    def fault_wrong_token_type(self, name: str) -> bool:
        self.json(b'{"kind":"%sList","metadata":{"continue":5},"items":[]}' % self.kind(name).encode())
        return True

    def fault_deep(self, name: str) -> bool:
        self.list(self.kind(name), [b"[" * 100_000 + b"]" * 100_000])
        return True

    def fault_not_unicode(self, name: str) -> bool:
        self.list(self.kind(name), [b'{"metadata":{"name":"\xff\xfe"}}'])
        return True

    def fault_echo_credentials(self, name: str) -> bool:
        shown = self.headers.get("Authorization", "")
        return self.status(403, f"\x1b[31mrefused\x07\n{shown} " + "x" * 5000)
