"""Background work while PostgreSQL is away."""

from django.db import OperationalError

from consultsuite.celery import PatientTask, app


def test_tries_again_while_the_database_is_away() -> None:
    attempts = []

    def fragile() -> None:
        attempts.append(1)
        if len(attempts) < 3:
            raise OperationalError

    task = app.task(name="consultsuite.tests.fragile")(fragile)
    try:
        assert task.apply().state == "SUCCESS"
    finally:
        app.tasks.unregister(task.name)
    assert len(attempts) == 3


def test_every_task_is_patient() -> None:
    ours = [task for name, task in app.tasks.items() if not name.startswith("celery.")]
    assert ours
    assert all(isinstance(task, PatientTask) for task in ours)
