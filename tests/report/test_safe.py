"""Text of unknown origin becomes visible, and prose is broken where it may be."""

import pytest

from trueline.report.safe import broken, prose, visible, visible_lines, without_surrogates, wrapped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain caf\u00e9 \u5b57 \U0001f680 \\n", "plain caf\u00e9 \u5b57 \U0001f680 \\n"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[31m\x07\x7f\x9b", "\\x1b[31m\\x07\\x7f\\x9b"),
        ("\u202e\u2066\u200b\ufeff\u2028", "\\u202e\\u2066\\u200b\\ufeff\\u2028"),
        ("\udcff\uffff", "\\udcff\\uffff"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_visible(text, shown):
    assert visible(text) == shown


def test_visible_lines_keep_lines_and_indents():
    assert visible_lines("a \r\n\tb\n\x00") == ["a", "    b", "\\x00"]


def test_prose_is_one_line():
    assert prose("  one\n\n two\r\nthree\x0b ") == "one two three\\x0b"


def test_broken_lines_start_as_they_are_told():
    assert broken("one two three", 9, opening="1.1 ", lead="  ") == ["1.1 one", "  two", "  three"]


@pytest.mark.parametrize("line", ["w" * 50, "--a-long-option-with-hyphens"])
def test_words_stay_whole(line):
    assert broken(line, 10) == [line]


def test_wrapped_keeps_commands_and_blank_lines():
    assert wrapped("\none two\n\n    kubectl get pods\n", 5) == ["one", "two", "", "    kubectl get pods"]


def test_surrogates_are_replaced():
    assert without_surrogates("a\ud800b\udfff").encode() == "a\ufffdb\ufffd".encode()
