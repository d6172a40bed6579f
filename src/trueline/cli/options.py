"""Options that several commands share."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from trueline.cli.gather import Place

Command = Callable[..., Any]


def gathering(command: Command) -> Command:
    """Adds the options that say where facts come from; the command gets them as `place`."""

    @wraps(command)
    def with_place(
        *positional: Any,
        root: str,
        kubeconfig: str | None,
        context: str | None,
        in_cluster: bool,
        no_cluster: bool,
        node_name: str,
        cloud_dumps: tuple[str, ...],
        no_walk: bool,
        walk_seconds: float | None,
        walk_files: int | None,
        **others: Any,
    ) -> Any:
        place = Place(
            root=root,
            kubeconfig=kubeconfig,
            context=context,
            in_cluster=in_cluster,
            no_cluster=no_cluster,
            node_name=node_name,
            cloud_dumps=cloud_dumps,
            walk=False if no_walk else None,
            walk_seconds=walk_seconds,
            walk_files=walk_files,
        )
        return command(*positional, place=place, **others)

    wrapped: Command = with_place
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


_OPTIONS = (
    click.option(
        "--root",
        default="/",
        metavar="DIR",
        help="Read the node below DIR (a mounted host, an unpacked image) instead of /. No cluster is asked "
        "then unless --kubeconfig or --in-cluster says so.",
    ),
    click.option(
        "--kubeconfig",
        metavar="FILE",
        help="Ask the cluster of FILE. Default: $KUBECONFIG, or the pod's service account.",
    ),
    click.option("--context", metavar="NAME", help="Use this context of the kubeconfig."),
    click.option(
        "--in-cluster",
        is_flag=True,
        help="Ask the cluster of the pod that this runs in, as its service account.",
    ),
    click.option(
        "--node-name",
        default="",
        envvar="TRUELINE_NODE_NAME",
        metavar="NAME",
        help="What to call the node in reports. Default: $TRUELINE_NODE_NAME, or its host name.",
    ),
    click.option(
        "--cloud-dump",
        "cloud_dumps",
        multiple=True,
        metavar="FILE",
        help="What the cloud's API says of a managed cluster: the JSON output of aws eks describe-cluster, "
        "gcloud container clusters describe, az aks show or aliyun cs GET /clusters/ID.",
    ),
    click.option("--no-cluster", is_flag=True, help="Ask no cluster at all."),
    click.option(
        "--no-walk",
        is_flag=True,
        help="Don't look through all files of the operating system; checks that need it end as error.",
    ),
    click.option(
        "--walk-seconds",
        type=click.FloatRange(min=0, min_open=True),
        metavar="N",
        help="End the look through all files after N seconds. Default: 3600.",
    ),
    click.option(
        "--walk-files",
        type=click.IntRange(min=1),
        metavar="N",
        help="End the look through all files after about N files. Default: 50000000.",
    ),
    click.option("--no-progress", is_flag=True, help="Show no progress on the terminal."),
)
