"""Messages can be found by their words.

The column is PostgreSQL's alone: as a field of the model every list of messages would fetch it. It
is written where ``body`` is, whoever writes it, and empty for what nobody is to find: lines of the
system, and what was deleted. docs/decisions/0017-search.md says why words are made so.
"""

from django.db import migrations

# Where words end: all that is no letter, digit or mark. As in messaging.queries.search.words.
SEPARATORS = (
    r"\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8"
    r"\u00bb\u00bf\u00d7\u00f7\u02c2-\u02df\u060c\u061b\u061f\u066a-\u066d\u06d4\u0964\u0965"
    r"\u1680\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020"
    r"\u3030\ufe10-\ufe1f\ufe30-\ufe6f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
    r"\U0001f000-\U0001fbff"
)
# Scripts that are written without spaces: each character is a word, and a word of theirs a phrase.
SPACELESS = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

WORDS = rf"""
    CREATE FUNCTION messaging_words(said text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN to_tsvector(
        'pg_catalog.simple',
        regexp_replace(
            regexp_replace(
                CASE
                    WHEN octet_length(said) = char_length(said) THEN said
                    ELSE normalize(
                        regexp_replace(normalize(said, NFKD), '[\u0300-\u036f]', '', 'g'), NFKC
                    )
                END,
                '[{SEPARATORS}]+', ' ', 'g'
            ),
            '([{SPACELESS}])', ' \1 ', 'g'
        )
    )
"""

# A word that no text has: words are in small letters.
COLUMN = """
    ALTER TABLE messaging_message ADD COLUMN words tsvector GENERATED ALWAYS AS (
        CASE
            WHEN message_type = 'system' OR body = '' THEN NULL
            WHEN body ~* 'https?://' THEN messaging_words(body) || '''HAS LINK'''::tsvector
            ELSE messaging_words(body)
        END
    ) STORED
"""


class Migration(migrations.Migration):
    """The table is written anew: nobody can write messages meanwhile."""

    dependencies = [("messaging", "0006_later")]

    operations = [
        migrations.RunSQL(WORDS, "DROP FUNCTION messaging_words(text)"),
        migrations.RunSQL(COLUMN, "ALTER TABLE messaging_message DROP COLUMN words"),
        migrations.RunSQL(
            # What is new waits in a list. It is looked through by every search, and put into the
            # index by whoever fills it (512 kB): kept short for both.
            "CREATE INDEX messaging_message_words ON messaging_message USING gin (words) "
            "WITH (gin_pending_list_limit = 512)",
            "DROP INDEX messaging_message_words",
        ),
        migrations.RunSQL(
            "CREATE INDEX messaging_message_newest ON messaging_message (created_at) "
            "WHERE words IS NOT NULL",
            "DROP INDEX messaging_message_newest",
        ),
    ]
