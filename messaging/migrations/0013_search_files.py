"""Files are found by their names and words, and messages by having some.

As in 0007_search, whose column of messages is made anew: its expression cannot be changed before
PostgreSQL 17. Names count twice as much as what is written in a file.
"""

from django.db import migrations

MESSAGES = """
    ALTER TABLE messaging_message ADD COLUMN words tsvector GENERATED ALWAYS AS (
        CASE
            WHEN message_type = 'system' OR (body = '' AND files IS NULL) THEN NULL
            WHEN files IS NOT NULL AND body ~* 'https?://'
                THEN messaging_words(body) || '''HAS FILE'' ''HAS LINK'''::tsvector
            WHEN files IS NOT NULL THEN messaging_words(body) || '''HAS FILE'''::tsvector
            WHEN body ~* 'https?://' THEN messaging_words(body) || '''HAS LINK'''::tsvector
            ELSE messaging_words(body)
        END
    ) STORED
"""
MESSAGES_BEFORE = """
    ALTER TABLE messaging_message ADD COLUMN words tsvector GENERATED ALWAYS AS (
        CASE
            WHEN message_type = 'system' OR body = '' THEN NULL
            WHEN body ~* 'https?://' THEN messaging_words(body) || '''HAS LINK'''::tsvector
            ELSE messaging_words(body)
        END
    ) STORED
"""
DROP = "ALTER TABLE messaging_message DROP COLUMN words"
WORDS = """
    CREATE INDEX messaging_message_words ON messaging_message USING gin (words)
    WITH (gin_pending_list_limit = 512)
"""
NEWEST = """
    CREATE INDEX messaging_message_newest ON messaging_message (created_at)
    WHERE words IS NOT NULL
"""
FILES = """
    ALTER TABLE files_filetext ADD COLUMN words tsvector GENERATED ALWAYS AS (
        setweight(messaging_words(name), 'C') || messaging_words(text)
    ) STORED
"""


class Migration(migrations.Migration):
    """The table of messages is written anew under the strictest lock (ACCESS EXCLUSIVE), which is held
    to the end of the migration, through both of its indexes: meanwhile nobody can write messages,
    and nobody can read any either."""

    dependencies = [("messaging", "0012_files"), ("files", "0002_texts")]

    operations = [
        migrations.RunSQL([DROP, MESSAGES, WORDS, NEWEST], [DROP, MESSAGES_BEFORE, WORDS, NEWEST]),
        migrations.RunSQL(FILES, "ALTER TABLE files_filetext DROP COLUMN words"),
        migrations.RunSQL(
            "CREATE INDEX files_filetext_words ON files_filetext USING gin (words)",
            "DROP INDEX files_filetext_words",
        ),
    ]
