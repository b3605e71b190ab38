"""What a file is called."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files.models import MAX_NAME_CHARACTERS
from files.names import clean_name

anything = st.text(st.characters(exclude_categories=[]), max_size=400)


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("plan.pdf", "plan.pdf"),
        ("C:\\Users\\tomas\\plan.pdf", "plan.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..", "file"),
        ("", "file"),
        ("  a \n b\t.txt ", "a b .txt"),
        (".bashrc", "bashrc"),
        ("bill\u202efdp.exe", "billfdp.exe"),
        ("a\u200b\u2066\ufeffb\0.txt", "ab.txt"),
        ("\u05e7\u05d5\u05d1\u05e5.pdf", "\u05e7\u05d5\u05d1\u05e5.pdf"),
        (
            "\u0646\u0645\u06cc\u200c\u062f\u0627\u0646\u0645.txt",
            "\u0646\u0645\u06cc\u200c\u062f\u0627\u0646\u0645.txt",
        ),
        ("cafe\u0301.txt", "café.txt"),
        ("\ud800.txt", "txt"),
        ("x" * 300 + ".docx", "x" * 145 + ".docx"),
    ],
)
def test_a_name_is_made_safe_to_show_and_save(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned


@pytest.mark.parametrize(
    ("title", "cleaned"),
    [
        ("The plan", "The plan.pdf"),
        ("The plan.PDF", "The plan.PDF"),
        ("2026/27 plan", "2026 27 plan.pdf"),
        (" ", "scan0001.pdf"),
    ],
)
def test_a_title_stands_in_for_the_name_and_keeps_its_ending(title: str, cleaned: str) -> None:
    assert clean_name("scan0001.pdf", title) == cleaned


@given(anything, anything)
def test_whatever_is_sent_a_name_is_short_plain_and_stays_so(name: str, title: str) -> None:
    cleaned = clean_name(name, title)
    assert 0 < len(cleaned) <= MAX_NAME_CHARACTERS
    assert not set(cleaned) & set("/\\\0")
    assert not cleaned.startswith(".")
    assert {unicodedata.category(c) for c in cleaned} & {"Cc", "Cs", "Zl", "Zp"} == set()
    assert {c for c in cleaned if unicodedata.category(c) == "Cf"} <= set("\u200c\u200d")
    assert cleaned == " ".join(cleaned.split())
    assert clean_name(cleaned) == cleaned
    cleaned.encode()  # no lone surrogates
