"""The work around a run on the page: what changed, what was accepted, who acts, the trend, the nodes."""

import re

import msgspec
import pytest

from tests.report.page import Page
from tests.report.worked import fleet, worked
from trueline.report.html import render


def test_the_page_says_what_changed_and_leads_there():
    page = render(worked())
    part = page[page.index('id="drift"') : page.index('id="trend"')]
    kinds = re.findall(r'class="change ([\w-]+)"', part)
    assert kinds == ["new", "regressed", "newly-expired", "resolved"]  # unchanged ones are not listed
    assert "The template may still hold it." in part
    target = re.search(r'<a href="#(r\d+)"><span class="nr">4\.2\.6', part)
    assert target
    assert re.search(rf'<details class="finding FAIL" id="{target[1]}"[^>]*>\s*<summary>.*?4\.2\.6', page)


def test_runs_that_cannot_be_compared_say_why():
    base = worked()
    drift = msgspec.structs.replace(base.drift, items=(), incomparable=("3 nodes are missing",))
    page = render(msgspec.structs.replace(base, drift=drift))
    assert "3 nodes are missing" in page
    assert "Nothing changed" not in page


def test_every_entry_of_the_policy_is_shown_with_its_end():
    page = render(worked())
    part = page[page.index('id="entries"') : page.index('id="owners"')]
    for text in (
        "W-1",
        "2026-06-30",
        "approved by ciso",
        "It expires in 20 days.",
        "W-0",
        "expired",
        "W-9",
        "invalid-check",
    ):
        assert text in part
    assert 'href="https://example.net/t/1"' in part
    assert "javascript:alert(1)" in part
    assert 'href="javascript:' not in page


def test_owners_are_counted_and_what_nobody_owns_comes_last():
    page = render(worked())
    part = page[page.index('id="owners"') : page.index('id="sections"')]
    rows = re.findall(
        r'<th scope="row">([^<]+)</th><td[^>]*>(\d+)</td><td[^>]*>(\d+)</td><td[^>]*>(\d+)</td>', part
    )
    assert rows == [("iam", "0", "1", "0"), ("platform", "2", "0", "1"), ("no owner", "1", "0", "0")]


def test_the_chart_ends_with_this_run():
    page = render(worked())
    titles = re.findall(r"<circle[^>]*><title>([^<]+)</title>", page)
    assert len(titles) == 8
    assert titles[-1].endswith("20.0%, 4 failed")
    heights = [float(y) for y in re.findall(r'<circle cx="[\d.]+" cy="([\d.]+)"', page)]
    assert heights[0] > heights[-2]  # a better score is higher up
    assert 'id="trend"' not in render(msgspec.structs.replace(worked(), trend=()))


def test_a_review_stands_beside_its_finding():
    assert re.search(r"kim on 2026-02-01: pass, three people.*valid until.*2026-08-01", render(worked()))


def test_few_nodes_are_a_matrix_of_what_is_no_pass_everywhere():
    page = render(fleet(6))
    part = page[page.index('id="nodes"') : page.index('id="sections"')]
    marks = re.findall(r'<td class="mark (\w+)" title="([^"]+)"', part)
    assert marks == [
        ("FAIL", "worker-000.example.net: fail"),
        ("PASS", "worker-001.example.net: pass"),
        ("PASS", "worker-002.example.net: pass"),
        ("FAIL", "worker-003.example.net: fail"),
        ("PASS", "worker-004.example.net: pass"),
        ("PASS", "worker-005.example.net: pass"),
        ("WARN", "lost-1: missing"),
    ]
    assert "4.2.2" not in part


def test_many_nodes_are_a_list_with_the_missing_and_the_worst_first():
    page = render(fleet(400))
    part = page[page.index('id="nodes"') : page.index('id="sections"')]
    names = re.findall(r'<tr><th scope="row">([^<]+)</th>', part)
    assert names[:3] == ["lost-1", "worker-000.example.net", "worker-003.example.net"]
    assert len(names) == 50
    assert "and 351 more" in part


@pytest.mark.parametrize("make", [worked, lambda: fleet(6), lambda: fleet(400)])
def test_ids_are_unique_and_links_lead_somewhere(make):
    content = render(make())
    Page.of(content)
    ids = re.findall(r' id="([^"]+)"', content)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', content)) <= set(ids)
