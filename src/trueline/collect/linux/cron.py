"""Collects the jobs of cron and anacron."""

import re
from collections.abc import Iterator

from trueline.collect.linux.reader import Reader, cleaned
from trueline.model.known import FileMeta, Unavailable
from trueline.model.linux_system import Cron, CronJob

_SYSTEM = ("/etc/crontab", "/etc/cron.d/*")
_SPOOLS = ("/var/spool/cron/*", "/var/spool/cron/crontabs/*", "/etc/crontabs/*")
_PERIODS = ("hourly", "daily", "weekly", "monthly")
_PERIODIC = ("/etc/cron.{}", "/etc/periodic/{}")
_JOBS_LIMIT = 5_000
_MENTIONS_LIMIT = 20
_VARIABLE = re.compile(r"\s*[\"']?[A-Za-z_]\w*[\"']?\s*=")
_MENTION = re.compile(r"\b(aide|logrotate)\b")


def collect_cron(reader: Reader) -> Cron:
    """Jobs of crontabs, of users' crontabs and of the directories that run periodically."""
    unread: dict[str, Unavailable] = {}
    jobs: list[CronJob] = []
    for path, has_user in _tables(reader, unread):
        lines = reader.lines(path)
        if isinstance(lines, Unavailable):
            if not isinstance(reader.root.listdir(path), tuple):
                unread[path] = lines
        elif isinstance(lines, tuple):
            jobs += parse_crontab(path, lines, "" if has_user else path.rpartition("/")[2])
    anacron = reader.lines("/etc/anacrontab")
    if isinstance(anacron, Unavailable):
        unread["/etc/anacrontab"] = anacron
    elif isinstance(anacron, tuple):
        jobs += parse_anacrontab("/etc/anacrontab", anacron)
    jobs += _scripts(reader, unread)
    if len(jobs) > _JOBS_LIMIT:
        unread["/etc/crontab"] = Unavailable(kind="too-large", reason=f"more than {_JOBS_LIMIT} jobs")
    return Cron(jobs=tuple(jobs[:_JOBS_LIMIT]), unread=unread)


def parse_crontab(file: str, lines: tuple[str, ...], user: str) -> list[CronJob]:
    """The jobs of a crontab; `user` "" for one whose lines name the user."""
    jobs = []
    for number, raw in enumerate(lines, 1):
        line = raw.strip()
        if not line or line.startswith("#") or _VARIABLE.match(line):
            continue
        fields = 1 if line.startswith("@") else 5
        words = line.split(maxsplit=fields + (0 if user else 1))
        if len(words) == fields + (1 if user else 2):
            jobs.append(
                CronJob(
                    file=file,
                    line=number,
                    schedule=" ".join(words[:fields]),
                    command=cleaned(words[-1]),
                    user=user or words[fields],
                )
            )
    return jobs


def parse_anacrontab(file: str, lines: tuple[str, ...]) -> list[CronJob]:
    """The jobs of anacron: period, delay, name and command."""
    jobs = []
    for number, raw in enumerate(lines, 1):
        words = raw.split(maxsplit=3)
        if len(words) == 4 and not words[0].startswith("#") and not _VARIABLE.match(raw):
            jobs.append(
                CronJob(
                    file=file, line=number, schedule=words[0], command=cleaned(words[3].strip()), user="root"
                )
            )
    return jobs


def _tables(reader: Reader, unread: dict[str, Unavailable]) -> Iterator[tuple[str, bool]]:
    for patterns, has_user in ((_SYSTEM, True), (_SPOOLS, False)):
        for pattern in patterns:
            for path in reader.matches(pattern, unread):
                yield path, has_user


def _scripts(reader: Reader, unread: dict[str, Unavailable]) -> list[CronJob]:
    jobs = []
    for place in _PERIODIC:
        for period in _PERIODS:
            directory = place.format(period)
            for name in reader.names(directory, unread):
                meta = reader.root.meta(f"{directory}/{name}", entries=False)
                if isinstance(meta, FileMeta) and not name.startswith("."):
                    jobs.append(_script(reader, f"{directory}/{name}", period, meta, unread))
    return jobs


def _script(
    reader: Reader, path: str, period: str, meta: FileMeta, unread: dict[str, Unavailable]
) -> CronJob:
    lines = reader.lines(path)
    if isinstance(lines, Unavailable) and lines.kind != "invalid":
        unread[path] = lines
    mentions = [
        cleaned(line.strip())
        for line in (lines if isinstance(lines, tuple) else ())
        if _MENTION.search(line) and not line.lstrip().startswith("#")
    ]
    return CronJob(
        file=path,
        line=0,
        schedule=period,
        command=path,
        user="root",
        mentions=tuple(mentions[:_MENTIONS_LIMIT]),
        # run-parts of Debian skips names with a dot; what can't be executed is skipped everywhere.
        runnable=meta.kind == "file" and bool(meta.bits & 0o111),
    )
