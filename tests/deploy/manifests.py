"""The manifests of deploy/, parsed, for the tests."""

from pathlib import Path

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
FILES = sorted(path for path in DEPLOY.glob("*.yaml") if path.name != "kustomization.yaml")


def documents(path):
    return [one for one in yaml.safe_load_all(path.read_text()) if one]


def pod_of(document):
    """The pod template of a Job or CronJob, None for anything else."""
    match document["kind"]:
        case "Job":
            return document["spec"]["template"]
        case "CronJob":
            return document["spec"]["jobTemplate"]["spec"]["template"]


def job_specs():
    """File name to the spec of its Job."""
    found = {}
    for path in FILES:
        for one in documents(path):
            if one["kind"] == "Job":
                found[path.stem] = one["spec"]
            elif one["kind"] == "CronJob":
                found[path.stem] = one["spec"]["jobTemplate"]["spec"]
    return found


JOBS = job_specs()


def pod(name):
    return JOBS[name]["template"]["spec"]


def container(name):
    (only,) = pod(name)["containers"]
    return only


def mounts(name):
    """Paths of the node that a Job mounts, in the order of its manifest."""
    return [volume["hostPath"]["path"] for volume in pod(name).get("volumes", ()) if "hostPath" in volume]


def option(name, flag):
    """The values that a Job gives an option of trueline."""
    return [word.partition("=")[2] for word in container(name)["args"] if word.startswith(f"--{flag}=")]
