"""What the HTML report promises without a browser: safe, self-contained, and readable in both themes."""

import base64
import hashlib
import re
from importlib.resources import files

import pytest

from tests.report.page import Page
from tests.report.sample import CLEAN, EMPTY, HOST, RICH, assessment, result
from trueline.report import FORMATS

PAGE = FORMATS["html"](RICH)
STYLE = files("trueline.report").joinpath("templates", "report.css").read_text("utf-8")
SOFT = ("pass", "fail", "warn", "info")


def test_nothing_is_fetched():
    page = Page.of(PAGE)
    assert page.addresses
    # a link to evidence is followed by who clicks on it, and by nobody else
    assert all(address.startswith(("#", "https://")) for address in page.addresses)
    assert not {"src", "srcset", "action", "data", "poster"} & page.attributes
    assert not {"link", "img", "iframe", "object", "embed", "base"} & set(page.tags)
    assert not re.search(r"url\(|@import|@font-face|fetch\(|XMLHttpRequest|WebSocket|sendBeacon", PAGE)


def test_policy_allows_only_this_style_and_this_script():
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', PAGE)[1].replace(
        "&#39;", "'"
    )
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    for kind in ("style", "script"):
        content = re.search(rf"<{kind}>(.*?)</{kind}>", PAGE, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert directives.pop(f"{kind}-src") == f"'sha256-{digest}'"
    assert directives == {"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'"}


def test_numbers_are_those_of_the_assessment():
    numbers = re.findall(
        r'data-state="(\w+)" aria-pressed="false" disabled>\s*<span class="number">(\d+)<', PAGE
    )
    assert numbers == [("PASS", "4"), ("FAIL", "6"), ("WARN", "4"), ("INFO", "3")]
    assert 'aria-label="Score 33.3%"' in PAGE
    assert "evaluated 11 of 15 applicable checks (17 in the benchmark)" in PAGE


def test_fix_first_ranks_what_failed_and_leaves_out_what_is_waived():
    panel = re.search(r'<div class="card first">(.*?)</div>', PAGE, re.DOTALL)[1]
    assert re.findall(r'class="nr">([^<]*)<', panel) == ["4.2.2", "1.2.16", "4.2.1", "4.2.5", "1.2.15"]


def test_nothing_to_fix_is_said():
    assert "No scored check failed without a waiver." in FORMATS["html"](CLEAN)
    assert "This benchmark gave no result for this target." in FORMATS["html"](EMPTY)


def test_links_lead_to_elements_that_exist():
    ids = re.findall(r' id="([^"]*)"', PAGE)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]*)"', PAGE)) <= set(ids)
    assert set(re.findall(r'aria-labelledby="([^"]*)"', PAGE)) <= set(ids)


def test_d6_scores_per_section_link_to_their_results():
    page = FORMATS["html"](HOST)
    table = re.search(r'<h2 id="tally">.*?</section>', page, re.DOTALL)[0]
    assert re.findall(r"<dd>(\d+)</dd>", table) == ["8", "4", "1", "2", "1", "0", "1", "1", "1", "1"]
    rows = [re.findall(r'class="num[^"]*">([^<]*)<', row) for row in table.split("<tr>")[1:]]
    assert rows[0] == ["Pass", "Fail", "Error", "Unkn.", "Man.", "Score", "Max", "Percent"]
    assert rows[1] == ["1", "2", "1", "0", "2", "1", "4", "25.0%"]
    assert len(rows) == 6
    links = re.findall(r'href="#([^"]*)"', table)
    assert len(links) == 4
    assert set(links) <= set(re.findall(r' id="([^"]*)"', page))
    assert 'id="tally"' not in PAGE


def test_d7_nothing_that_failed_is_without_a_remediation():
    page = FORMATS["html"](HOST)
    findings = re.findall(r'<details class="finding.*?</details>', page, re.DOTALL)
    failed = [text for text in findings if "<li>outcome: fail</li>" in text]
    assert len(failed) == 3
    assert all("<h4>Remediation</h4>" in text for text in failed)
    assert "net.ipv4.ip_forward in /proc/sys/net/ipv4/ip_forward: 0" in page


def test_text_that_hides_or_turns_is_visible():
    assert "user\\u202egnp.exe" in PAGE
    assert "\u202e" not in PAGE
    assert "was found\\n[PASS] 4.2.4 not a result" in PAGE


def test_remediation_keeps_its_lines():
    page = FORMATS["html"](
        assessment([result("1", "t", "node", "4.2", "fail", remediation="Run:\n\n    a <b>\n    c & d\n")])
    )
    assert '<pre tabindex="0">Run:\n\n    a &lt;b&gt;\n    c &amp; d</pre>' in page


# Contrast: WCAG 2.2, 1.4.3 (AA)


def colors(theme: str) -> dict[str, str]:
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", STYLE)
    return {name: light if theme == "light" else dark for name, light, dark in pairs}


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


PAIRS = [
    *((text, ground) for text in ("text", "muted", "link") for ground in ("page", "card", "sunken")),
    *((name, f"{name}-soft") for name in SOFT),
    *((name, ground) for name in SOFT for ground in ("card", "sunken")),
    *(("text", ground) for ground in ("warn-soft", "info-soft")),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_enough(theme, text, ground):
    palette = colors(theme)
    assert contrast(palette[text], palette[ground]) >= 4.5
