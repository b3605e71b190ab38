"""Finding what was said. docs/decisions/0017-search.md says how, and why so.

`language` reads what was typed, `words` cuts text into words as the database does, `places` knows
where somebody may look, `candidates` asks the database, `results` ranks and presents.

Files are found with messages. Other kinds of things (documents that are written here) add a branch
as theirs to `candidates`: their table has a ``words`` column made by the same function,
``messaging_words``, and a conversation.
"""
