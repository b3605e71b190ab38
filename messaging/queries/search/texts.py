"""Parts of what is in files, around what was looked for. A whole document may be a megabyte."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from messaging.queries.search.words import Term

BEFORE, CHARACTERS = 200, 2_000
MOST_WORDS = 4
"""That each whole text is looked through for."""

# A match at the beginning of a word before one inside another. What is written with accents and
# was typed without is not found here: then the beginning of the text is shown.
_AROUND = """
    SELECT file_id, substr(text, GREATEST(1, COALESCE(place, 1) - %s), %s)
    FROM (
        SELECT file_id, text, lower(text) AS small FROM files_filetext
        WHERE file_id = ANY(%s) OFFSET 0
    ) found
    CROSS JOIN LATERAL (
        SELECT min(COALESCE(
            NULLIF(strpos(small, ' ' || word), 0), NULLIF(strpos(small, word), 0)
        )) AS place FROM UNNEST(%s::text[]) sought(word)
    ) sought
"""


def texts_around(files: Sequence[UUID], terms: Sequence[Term]) -> dict[UUID, str]:
    """Of each of these files that is still there, the text around the first of the words. One
    query, none for no file."""
    if not files:
        return {}
    words = [term.typed.lower() or " ".join(term.words) for term in terms[:MOST_WORDS]]
    with connection.cursor() as cursor:
        cursor.execute(_AROUND, [BEFORE, CHARACTERS, list(files), words])
        return dict(cursor.fetchall())
