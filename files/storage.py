"""Where contents are kept may be away: a full disk, or a bucket that does not answer."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from core.errors import ActionError

logger = logging.getLogger(__name__)


class StorageIsAway(ActionError):
    """Neither reading nor writing works for now."""

    status = 503
    code = "storage_away"
    detail = "Files cannot be reached at the moment. Try again in a minute."


@contextmanager
def storage_at_hand() -> Iterator[None]:
    """Raises `StorageIsAway` in place of what the storage raises, but for a missing file."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, BotoCoreError, ClientError) as error:
        logger.warning("The storage of files failed: %s", type(error).__name__)
        raise StorageIsAway from error
