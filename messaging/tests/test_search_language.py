"""What can be typed into the search field, and how text is cut into words."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from messaging.queries.search.candidates import as_tsquery
from messaging.queries.search.language import MAX_TERMS, MAX_TEXT, read
from messaging.queries.search.words import Piece, Term, beginning, excerpt, phrase, words_of

quick = settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
typed = st.lists(
    st.sampled_from(
        [
            *("from:", "in:", "has:", "before:", "after:", "on:", "FROM:", "form:", "has:link"),
            *("2026-11-01", "0001-01-01", "9999-12-31", "2026-02-30", "today", " ", ":*", "\\"),
            *("&", "|", "!", "<->", "(", ")", "%", "%s", "{rank}", "-", "*", "'", '"', "“", "”"),
            *("\0", "\udcff"),
        ]
    )
    | st.text(st.characters()),
    max_size=12,
).map("".join)


def notes(text: str) -> str:
    return " ".join(read(text).notes)


def test_words_are_beginnings_and_phrases_are_exact() -> None:
    query = read('Consul "next week" x budget-plan')
    assert query.terms == [
        Term(("consul",), is_prefix=True),
        Term(("next", "week")),
        Term(("x",)),
        Term(("budget", "plan"), is_prefix=True),
    ]
    assert query.notes == []


def test_the_same_word_twice_is_one() -> None:
    assert len(read("plan Plan").terms) == 1


def test_people_and_conversations_are_named_with_and_without_quotation_marks() -> None:
    query = read('from:me from:"Mara  Lindqvist" FROM:tomas in:budget in:“the plan” word')
    assert query.is_from_me
    assert query.authors == ["Mara Lindqvist", "tomas"]
    assert query.titles == ["budget", "the plan"]
    assert query.terms == [Term(("word",), is_prefix=True)]
    assert query.has_filters
    assert query.notes == []


def test_what_messages_have() -> None:
    assert read("has:link").has_link
    assert read("has:Links").has_link
    assert read("has:file").has_file
    assert notes("has:file") == notes("has:link")
    assert "“has:star” is not known" in notes("has:star")


def test_days_are_days_of_the_reader() -> None:
    zone = ZoneInfo("Europe/Copenhagen")
    with timezone.override(zone):
        assert read("before:2026-11-01").until == datetime(2026, 11, 1, tzinfo=zone)
        assert read("after:2026-11-01").since == datetime(2026, 11, 2, tzinfo=zone)
        query = read("on:2026-11-01")
        assert (query.since, query.until) == (
            datetime(2026, 11, 1, tzinfo=zone),
            datetime(2026, 11, 2, tzinfo=zone),
        )
        today = timezone.localdate()
        begins = datetime.combine(today, datetime.min.time(), zone)
        assert read("on:today").since == begins
        assert read("before:yesterday").until == datetime.combine(
            today - timedelta(days=1), datetime.min.time(), zone
        )


def test_of_several_times_all_hold() -> None:
    query = read("before:2026-11-09 before:2026-11-05 after:2026-10-01 after:2026-10-03")
    assert query.until is not None
    assert query.since is not None
    assert (query.until.date(), query.since.date()) == (date(2026, 11, 5), date(2026, 10, 4))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("before:tomorrow", "“before:tomorrow” is no date. Write it like before:20"),
        ("on:2026-02-30", "is no date"),
        ("on:20260203", "is no date"),
        ("after:9999-12-31", "is no date"),
        ("before:0001-01-01", "is no date"),
        ("from: mara", "“from:” wants something behind it"),
        ('in:""', "“in:” wants something behind it"),
        ("form:mara", "“form:” is no filter, so it is looked for as a word."),
        ('"no end', "A quotation mark is missing"),
        ('from:"no end', "A quotation mark is missing"),
        ("plan -draft", "“-draft” is looked for: words cannot be left out."),
        ("?!", "There is no word in this to look for."),
        ("x" * (MAX_TEXT + 1), f"Only the first {MAX_TEXT} characters"),
        (" ".join(f"word{n}" for n in range(MAX_TERMS + 1)), f"Only the first {MAX_TERMS} words"),
        (" ".join(f"from:p{n}" for n in range(6)), "Only the first 5 names"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_said(text: str, said: str) -> None:
    assert said in notes(text)


@pytest.mark.parametrize("text", ["", " ", "https://example.test/a", "14:30", "re: hello", "a - b"])
def test_what_people_write_anyway_needs_no_words(text: str) -> None:
    assert read(text).notes == []


def test_an_unknown_filter_is_looked_for() -> None:
    assert read("form:mara").terms == [Term(("form", "mara"), is_prefix=True)]


@quick
@given(typed)
@example("ﷺ" * MAX_TEXT)
@example("'" * 9)
def test_no_input_is_an_error_and_the_database_reads_what_comes_of_it(db: None, text: str) -> None:
    query = read(text)
    assert sum(len(term.words) for term in query.terms) <= MAX_TERMS
    for at in filter(None, [query.since, query.until]):
        assert at.astimezone(UTC).year
    if text.strip("\0 \t\r\n\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u3000") and query.is_empty:
        assert query.notes or not text.encode(errors="ignore").decode().replace("\0", " ").strip()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_tsquery('simple', %s)", [" & ".join(map(as_tsquery, query.terms))]
        )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Zürich's CAFÉ, don't", ["zurich", "s", "cafe", "don", "t"]),
        ("https://example.test/docs?q=1", ["https", "example", "test", "docs", "q", "1"]),
        ("file_name-2026.pdf", ["file", "name", "2026", "pdf"]),
        ("<b>x</b> a@b.co 14:30", ["b", "x", "b", "a", "b", "co", "14", "30"]),
        ("相談は", ["相", "談", "は"]),
        ("Привет, МИР", ["привет", "мир"]),
        ("ΆΛΦΑ", ["αλφα"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("한국어 테스트", ["한국어", "테스트"]),
        ("½ x²", ["1", "2", "x2"]),
        ("İstanbul", ["istanbul"]),
        ("🎉party🎉", ["party"]),
    ],
)
def test_words_are_cut_as_the_database_cuts_them(db: None, text: str, words: list[str]) -> None:
    assert words_of(text) == words
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(messaging_words(%s))", [text])
        assert cursor.fetchone() == (sorted(set(words), key=str.encode),)


@quick
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60))
def test_the_first_word_of_a_latin_text_finds_it(db: None, text: str) -> None:
    text = "".join(c for c in text if c < "\u0250")
    if (term := beginning(text)) is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT messaging_words(%s) @@ to_tsquery('simple', %s)", [text, as_tsquery(term)]
        )
        assert cursor.fetchone() == (True,)


def marked(text: str, *terms: Term | None) -> str:
    pieces = excerpt(text, filter(None, terms))
    return "".join(f"[{piece.text}]" if piece.is_match else piece.text for piece in pieces)


def test_an_excerpt_marks_what_was_looked_for() -> None:
    assert marked("A Consultation, now", beginning("consul")) == "A [Consultation], now"
    assert marked("next week, next day", phrase("next week")) == "[next week], next day"
    assert marked("nothing  of\nit", beginning("else")) == "nothing of it"
    assert marked("Café in Zürich", beginning("zurich")) == "Café in [Zürich]"
    assert marked("相談は東京で", beginning("東京")) == "相談は[東京]で"
    assert (
        marked("a plan of plans", beginning("plan"), phrase("plan of")) == "a [plan][ of] [plans]"
    )


def test_an_excerpt_is_the_part_around_the_first_match() -> None:
    text = f"{'before ' * 60}needle {'after ' * 60}"
    pieces = excerpt(text, [Term(("needle",))])
    assert pieces[0] == pieces[-1] == Piece("…")
    assert Piece("needle", is_match=True) in pieces
    assert pieces[1].text.startswith("before ")
    assert sum(len(piece.text) for piece in pieces) <= 242
    assert excerpt("x" * 500 + "needle", [Term(("xn",))])[0].text == "x" * 240
    long = excerpt(f"{'x' * 300} {'needle' * 50}", [beginning("needle") or Term(())])
    assert long[1].is_match or long[2].is_match


def test_an_excerpt_ends_before_a_match_that_is_far_on() -> None:
    text = f"needle {'hay ' * 100}needle"
    matches = [piece.text for piece in excerpt(text, [Term(("needle",))]) if piece.is_match]
    assert matches == ["needle"]
