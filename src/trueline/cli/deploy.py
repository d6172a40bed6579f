"""`trueline deploy lint`: what is wrong with the manifests of an audit's Jobs."""

import click

from trueline.collect.manifest_lists import read_manifests
from trueline.collect.snapshot import read_snapshot
from trueline.errors import UsageError
from trueline.policy.jobs import lint


@click.group()
def deploy() -> None:
    """Check how trueline is run in a cluster."""


@deploy.command("lint")
@click.argument("files", nargs=-1, required=True)
@click.option(
    "--snapshot", metavar="FILE", help="A snapshot of the cluster: are there others in the Jobs' namespace?"
)
@click.pass_context
def lint_(ctx: click.Context, *, files: tuple[str, ...], snapshot: str | None) -> None:
    """Check manifests (FILES, or directories of them) of Jobs that run trueline.

    A namespace of its own, read-only mounts of what is needed, pinned image and benchmark, few rights, no
    needless token, clean-up, and one group that may make such Jobs. Ends with 1 where there is an error.
    """
    objects = [one for file in files for one in read_manifests(file)]
    if not any(one.get("kind") in {"Job", "CronJob"} for one in objects if isinstance(one, dict)):
        raise UsageError("there is no Job among these manifests", hint="Name the file that makes the Job.")
    others = []
    if snapshot:
        cluster = read_snapshot(snapshot).cluster
        if cluster is None:
            raise UsageError(f"{snapshot} holds no cluster", hint="trueline collect --kubeconfig FILE -o ...")
        others = [(one.metadata.namespace, one.metadata.name) for one in cluster.workloads]
    remarks = lint(objects, others)
    for remark in remarks:
        click.echo(f"{remark.level}: {remark.where}: {remark.text}\n hint: {remark.hint}")
    errors = sum(remark.level == "error" for remark in remarks)
    click.echo(f"{errors} errors, {len(remarks) - errors} warnings", err=True)
    ctx.exit(1 if errors else 0)
