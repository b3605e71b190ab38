"""A file as a message shows it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from files.models import StoredFile

MAX_SIDE = 320
"""Of a picture in a message, in pixels: its place is kept before it is there."""

_ICONS = {
    "application/pdf": "file-text",
    "application/zip": "archive",
    "text/csv": "file-spreadsheet",
}
_ICONS_BY_PART = {
    "spreadsheet": "file-spreadsheet",
    "presentation": "presentation",
    "opendocument": "file-text",
    "word": "file-text",
    "text/": "file-text",
    "image/": "image",
    "audio/": "file-music",
    "video/": "video",
    "compressed": "archive",
    "zip": "archive",
    "tar": "archive",
}


@dataclass(frozen=True)
class CarriedFile:
    """What of a file does not change while it is there."""

    id: str
    name: str
    size: int
    mime_type: str
    width: int | None = None
    height: int | None = None

    @classmethod
    def of(cls, file: StoredFile) -> Self:
        """As it is kept in the message."""
        return cls(str(file.pk), file.name, file.size, file.mime_type, file.width, file.height)

    def as_data(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    @property
    def is_picture(self) -> bool:
        """Whether it is shown itself."""
        return self.width is not None

    @property
    def shown_size(self) -> tuple[int, int]:
        """Width and height in a message."""
        width, height = self.width or 1, self.height or 1
        scale = min(1.0, MAX_SIDE / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))

    @property
    def icon(self) -> str:
        """Of its kind, by Lucide's names."""
        if self.mime_type in _ICONS:
            return _ICONS[self.mime_type]
        return next((i for part, i in _ICONS_BY_PART.items() if part in self.mime_type), "file")


def words_of_files(files: Sequence[CarriedFile]) -> str:
    """`File: plan.pdf`, `2 files: plan.pdf, notes.txt`; empty for none."""
    if not files:
        return ""
    names = ", ".join(file.name for file in files)
    return f"File: {names}" if len(files) == 1 else f"{len(files)} files: {names}"
