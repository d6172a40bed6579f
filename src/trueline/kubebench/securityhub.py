"""Sends findings to AWS Security Hub."""

from collections.abc import Sequence
from typing import Any

from trueline.errors import AccessError, UsageError
from trueline.kubebench.asff import batches

_SHOWN = 5


def hub(region: str) -> Any:
    """The client of a region, with the credentials that the library finds. Raises UsageError without it."""
    try:
        import boto3
    except ImportError:
        raise UsageError(
            "--asff needs the AWS library", hint="Install it: pip install 'trueline[asff]'."
        ) from None
    return boto3.client("securityhub", region_name=region)


def publish(found: Sequence[dict[str, Any]], client: Any, *, strict_compat: bool = False) -> int:
    """Sends all findings in batches and returns how many were taken.

    Raises AccessError where some were not; the others were stored.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    taken, refused = 0, []
    for batch in batches(found, strict_compat=strict_compat):
        try:
            answer = client.batch_import_findings(Findings=list(batch))
        except (BotoCoreError, ClientError) as error:
            raise AccessError(
                f"findings could not be sent to AWS Security Hub: {error}",
                hint="Check credentials, region, and the permission securityhub:BatchImportFindings.",
            ) from None
        taken += answer["SuccessCount"]
        refused += answer.get("FailedFindings", [])
    if refused:
        reasons = "; ".join(f"{one['Id']}: {one['ErrorMessage']}" for one in refused[:_SHOWN])
        raise AccessError(
            f"{len(refused)} of {len(found)} findings were not taken by AWS Security Hub: {reasons}",
            hint="The others were stored.",
        )
    return taken
