"""A person may follow what happens to themselves: stream ``user:<id>``."""

from uuid import UUID

from accounts.actions.people import note_last_seen
from accounts.models import User
from core.kinds import StreamKind, stream_kind


def _may_follow(user: User, user_id: UUID) -> bool:
    return user.pk == user_id


def _left(user_id: UUID, object_id: UUID) -> None:
    user = User.objects.filter(pk=user_id).first()
    if user is not None:
        note_last_seen(actor=user)


stream_kind("user", StreamKind(may_follow=_may_follow, left=_left))
