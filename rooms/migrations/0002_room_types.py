"""The types of rooms to start with; later they are edited in the admin."""

from django.apps.registry import Apps as StateApps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TYPES = [
    (
        "consultation", "Consultation", "Talk a question through and decide what to do.", 60,
        [("Where we stand", 10), ("The question", 30), ("Decisions and dates", 20)],
    ),
    (
        "technical-review", "Technical review", "Look at a system together, in detail.", 90,
        [("Goals and limits", 10), ("Walk-through", 45), ("Findings", 20), ("Next steps", 15)],
    ),
    (
        "training", "Training", "Learn something by doing it.", 90,
        [("What we will do", 10), ("Show", 25), ("Try it", 40), ("Questions", 15)],
    ),
    (
        "review", "Review", "Check finished work against what was agreed.", 45,
        [("What was agreed", 5), ("What is there", 25), ("Accept or change", 15)],
    ),
    (
        "coaching", "Coaching", "Think about one's own work with a partner.", 45,
        [("What is on your mind", 10), ("Look closer", 25), ("What you take with you", 10)],
    ),
]  # fmt: skip


def add_types(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    room_type = apps.get_model("rooms", "RoomType")
    item = apps.get_model("rooms", "RoomTypeAgendaItem")
    for position, (slug, name, description, minutes, agenda) in enumerate(TYPES):
        row, created = room_type.objects.get_or_create(
            slug=slug,
            defaults={
                "name": name,
                "description": description,
                "position": position,
                "default_duration_minutes": minutes,
            },
        )
        if created:
            item.objects.bulk_create(
                item(room_type=row, position=place, title=title, minutes=length)
                for place, (title, length) in enumerate(agenda)
            )


class Migration(migrations.Migration):
    """Five types with their agendas."""

    dependencies = [("rooms", "0001_initial")]

    operations = [migrations.RunPython(add_types, migrations.RunPython.noop)]
