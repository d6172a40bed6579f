"""Short forms for the facts that the tests of settings start from."""

from trueline.content.load import load_components
from trueline.evaluate.settings import effective
from trueline.model.facts import Document, FileMeta, NodeFacts, Process, Unavailable

PID = 7


def ask(component, name, *arguments, documents=None, files=None, environment=None, version="1.36", **process):
    """The effective setting of a process with these arguments on a node with these documents."""
    started = Process(
        pid=PID,
        component=component,
        executable=f"/usr/bin/{component}",
        uid=0,
        arguments=arguments,
        environment=environment or {},
        **process,
    )
    facts = {path: _document(data) for path, data in (documents or {}).items()}
    node = NodeFacts(hostname="n1", processes=(started,), documents=facts, files=files or {})
    return effective(node, load_components()[component], name, started, version)


def value(component, name, *arguments, **facts):
    """The one value that counts."""
    answer = ask(component, name, *arguments, **facts)
    assert not isinstance(answer, Unavailable), answer
    (only,) = answer.values
    return only


def directory(*entries):
    return FileMeta(kind="directory", mode="0755", uid=0, gid=0, entries=entries)


def _document(data):
    return Document(kind=data.get("kind", ""), data=data) if isinstance(data, dict) else data
