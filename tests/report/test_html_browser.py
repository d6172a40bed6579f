"""The HTML report in a real browser: quiet, filtered by its address, and as wide as the screen."""

import contextlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.report.sample import HOST, RICH
from trueline.report import FORMATS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--enable-logging=stderr", "--log-level=0", "--virtual-time-budget=2000"),
)

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed: the page was not tried in a browser"
)


def chromium(directory: Path, page: Path, *flags: str, address: str = "") -> tuple[str, str]:
    """What the browser's document came to, and what it logged."""
    profile = directory / "profile"
    done = subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", *flags, f"file://{page}{address}"],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    with contextlib.suppress(OSError):
        shutil.rmtree(profile)
    return done.stdout, done.stderr


@pytest.fixture
def page(tmp_path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(FORMATS["html"](RICH), "utf-8")
    return path


def shown(document: str) -> list[str]:
    """The numbers of the findings that are shown."""
    found = re.findall(r'<details class="finding[^>]*>.*?class="nr">([^<]*)<', document, re.DOTALL)
    tags = re.findall(r'<details class="finding[^>]*>', document)
    assert len(found) == len(tags) == len(RICH.results)
    return [number for number, tag in zip(found, tags, strict=True) if "hidden" not in tag]


def wanted(test) -> list[str]:
    return [one.number for one in RICH.results if test(one)]


def test_page_is_quiet_and_shows_all(tmp_path, page):
    document, log = chromium(tmp_path, page, "--dump-dom")
    assert "CONSOLE" not in log
    assert shown(document) == wanted(lambda _: True)
    assert '<html lang="en" class="js">' in document
    assert "All 17 findings shown" in document


@pytest.mark.parametrize(
    ("address", "test"),
    [
        ("#state=FAIL", lambda one: one.state == "FAIL"),
        ("#state=fail,WARN", lambda one: one.state in ("FAIL", "WARN")),
        ("#target=node", lambda one: one.target == "node"),
        ("#level=2&state=INFO", lambda one: one.level == 2 and one.state == "INFO"),
        ("#severity=critical", lambda one: one.severity == "critical"),
        ("#q=Profiling", lambda one: one.number == "1.2.15"),
        ("#q=chown+etcd", lambda one: one.number == "1.1.12"),
        ("#q=no-such-words", lambda one: False),
        ("#state=NONSENSE", lambda one: True),
    ],
)
def test_address_filters(tmp_path, page, address, test):
    document, log = chromium(tmp_path, page, "--dump-dom", address=address)
    numbers = wanted(test)
    assert shown(document) == numbers
    total = "All 17" if len(numbers) == 17 else f"{len(numbers)} of 17"
    assert f"{total} findings shown" in document
    assert "CONSOLE" not in log


def test_address_of_a_finding_opens_it(tmp_path, page):
    document, _ = chromium(tmp_path, page, "--dump-dom", address="#r2")
    assert re.search(r'<details[^>]* id="r2"[^>]* open', document)
    assert len(re.findall(r"<details[^>]* open", document)) == 1


def test_d6_a_report_of_a_host_is_quiet_and_shows_its_counters(tmp_path, page):
    page.write_text(FORMATS["html"](HOST), "utf-8")
    document, log = chromium(tmp_path, page, "--dump-dom")
    assert "CONSOLE" not in log
    assert "All 8 findings shown" in document
    assert "Total Scored Results" in document


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize("given_one", [RICH, HOST], ids=["rich", "host"])
def test_nothing_is_wider_than_the_screen(tmp_path, width, opened, given_one):
    """The page in a frame of that width, as a headless window can't be narrower than 500 pixels."""
    content = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", FORMATS["html"](given_one))
    if opened:
        content = content.replace('<details class="finding', '<details open class="finding')
    report = "<script>parent.postMessage(document.documentElement.scrollWidth, '*')</script></body>"
    (tmp_path / "inner.html").write_text(content.replace("</body>", report), "utf-8")
    frame = tmp_path / "frame.html"
    frame.write_text(
        "<!doctype html><script>onmessage = (e) => { document.title = 'width ' + e.data; }</script>"
        f'<iframe src="inner.html" style="border:0;width:{width}px;height:900px"></iframe>',
        "utf-8",
    )
    document, _ = chromium(tmp_path, frame, "--dump-dom", "--window-size=1400,1000")
    assert re.search(r"<title>width (\d+)", document)[1] == str(width)


def test_print_shows_every_finding_open(tmp_path, page):
    pdftotext = shutil.which("pdftotext")
    if pdftotext is None:
        pytest.skip("pdftotext (poppler-utils) is not installed: the printed page was not read")
    paper = tmp_path / "report.pdf"
    chromium(tmp_path, page, f"--print-to-pdf={paper}", "--no-pdf-header-footer")
    text = subprocess.run(
        [pdftotext, "-layout", paper, "-"], capture_output=True, text=True, check=True
    ).stdout
    for words in ("chown -R etcd:etcd", "kubectl get clusterrolebindings", "Profiles show details"):
        assert words in " ".join(text.split())
    assert "Open all" not in text
