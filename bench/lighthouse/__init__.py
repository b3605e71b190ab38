"""Lighthouse's mobile profile of home and of a live room, served as production serves them."""

import json
import os
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from django.test import Client

from bench.machine import node
from bench.npm import npm_ci
from bench.process import ROOT, Server, procfile_command
from bench.result import Goal, Result, Row
from bench.scene import make_scene
from messaging.actions.messages import send_message

HERE = Path(__file__).resolve().parent
MESSAGES = 40
LEAST_SCORE = 95
CATEGORIES = ("performance", "accessibility", "best_practices")
FIGURES = (
    "first_contentful_paint_ms",
    "largest_contentful_paint_ms",
    "total_blocking_ms",
    "layout_shift",
)
Audit = dict[str, Any]


def chromium() -> str:
    """The browser that `make test` found or installed."""
    if named := os.environ.get("CHROMIUM"):
        return named
    found = ROOT / ".make" / "chromium"
    return found.read_text().strip() if found.exists() else "/usr/bin/chromium"


def audits(server: Server, cookie: str, pages: dict[str, str], runs: int) -> dict[str, list[Audit]]:
    """Every page's audits, one per run."""
    base = f"http://127.0.0.1:{server.port}"
    urls = {f"{base}{path}": name for name, path in pages.items()}
    command = [str(node()), "audit.mjs", chromium(), cookie, str(runs), *urls]
    said = subprocess.run(command, cwd=HERE, check=True, capture_output=True, text=True).stdout
    found: dict[str, list[Audit]] = defaultdict(list)
    for line in said.splitlines():
        audit = json.loads(line)
        found[urls[audit["url"]]].append(audit)
    return found


def row(name: str, runs: list[Audit]) -> Row:
    """Medians of the runs."""
    figures = {
        column: float(statistics.median(run[column] for run in runs))
        for column in (*CATEGORIES, *FIGURES)
    }
    return {"case": name, **figures, "runs": len(runs)}


def goals(row: Row) -> list[Goal]:
    """Each score at least `LEAST_SCORE`."""
    return [
        Goal(f"{row['case']}: {category}", float(row[category]), LEAST_SCORE, at_least=True)
        for category in CATEGORIES
    ]


def run() -> Result:
    """Three runs of each page."""
    npm_ci(HERE)
    environment = _production()
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(collect, cwd=ROOT, env=os.environ | environment, check=True)
    scene = make_scene(2)
    for number in range(MESSAGES):
        send_message(actor=scene.host, conversation=scene.room.conversation, body=f"Line {number}")
    visitor = Client()
    visitor.force_login(scene.host)
    cookie = f"sessionid={visitor.cookies['sessionid'].value}"
    pages = {"home": "/", "room": f"/rooms/{scene.room.pk}/"}
    command = f"export PUBLIC_URL=http://127.0.0.1:$PORT; {procfile_command('web')}"
    with Server("ours in production", command, environment) as server:
        found = audits(server, cookie, pages, 1 if "QUICK" in os.environ else 3)
    rows = [row(name, found[name]) for name in pages]
    return Result("lighthouse", rows, [goal for one in rows for goal in goals(one)])


def _production() -> dict[str, str]:
    """What makes it compress and fingerprint the static files."""
    return {
        "DEBUG": "false",
        "ALLOWED_HOSTS": "127.0.0.1",
        "PUBLIC_URL": "http://127.0.0.1",
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    }
