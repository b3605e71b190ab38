"""Messages that carry files: how they are sent, and what must hold of them."""

from typing import TYPE_CHECKING

from tests.faults.people import Person, Said

if TYPE_CHECKING:
    from tests.faults.schedule import Run

_FILES = """
    SELECT file.id::text, file.name, file.size, attached_at IS NOT NULL, state, words.text
    FROM messaging_attachment attachment
    JOIN files_storedfile file ON file.id = file_id
    LEFT JOIN files_filetext words ON words.file_id = file.id
    WHERE message_id = %s AND file.deleted_at IS NULL
"""


async def carry(person: Person, said: Said) -> dict[str, object] | None:
    """Upload a file, then send the message with it: the message; None when either was refused."""
    said.file = await person.upload(said)
    return None if said.file is None else await person.send_by_http(said, said.body)


async def acknowledged_files_are_there_once_with_their_words(run: "Run") -> list[str]:
    """As they were uploaded, to be downloaded and found; gone only with their message."""
    wrong = []
    for person in run.people.values():
        for said in person.said:
            if said.file is not None and said.message is not None:
                wrong += await _compare(run, said, str(said.message["id"]))
    return wrong


async def _compare(run: "Run", said: Said, message_id: str) -> list[str]:
    rows = await run.world.rows(_FILES, message_id)
    words = said.words_of_file
    right = (said.file, f"{said.client_id}.txt", len(words), True, "read", words)
    if rows != [right]:
        is_gone = said.maybe_deleted and not rows
        return [] if is_gone else [f"the file of {said.body} is {rows}, not {right}"]
    if said.maybe_deleted:
        return []
    host = run.people["mara"]
    answer, _ = await host.ask("GET", f"/api/files/{said.file}/download/")
    if answer.content != words.encode():
        return [f"the file of {said.body} says {answer.content!r}"]
    return []
