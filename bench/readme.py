"""The figures of README.md and docs/performance.md, made from bench/results: nobody types them.

python -m bench.readme            writes them; `make bench` does so at its end
python -m bench.readme --check    1 where a page says something else; part of `make check`
"""

import json
import sys
from pathlib import Path
from typing import Any

from bench.result import RESULTS, read

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PERFORMANCE = ROOT / "docs" / "performance.md"
BEGIN = "<!-- Figures: written by `make bench` from bench/results, not by hand. -->\n"
END = "<!-- End of figures. -->\n"

Data = dict[str, Any]


def figures(results: Path = RESULTS) -> str:
    """The section's text. Raises `FileNotFoundError` where a result is missing."""
    fanout, slow, send, processes, lists = (
        read(name, results) for name in ("fanout", "slow_reader", "send", "processes", "lists")
    )
    goals = [goal for each in (fanout, slow, send, processes, lists) for goal in each["goals"]]
    return "\n".join(
        [
            *_machine(fanout),
            "",
            "| 1,000 sockets in a room | CPU per delivery | p50 | p99 | lost | memory per socket |",
            "|---|--:|--:|--:|--:|--:|",
            *map(_fanout_line, _at(fanout, 1_000)),
            "",
            "| Sending a message | CPU | p50 | p99 | queries |",
            "|---|--:|--:|--:|--:|",
            *map(_send_line, send["rows"]),
            "",
            f"- {_slow_words(slow)}",
            f"- {_lists_words(lists)}",
            f"- {_processes_words(processes)}",
            "",
            *_goal_lines(goals),
            "",
        ]
    )


def _machine(result: Data) -> list[str]:
    machine = result["machine"]
    return [
        (
            f"`make bench` on {machine['cores']} cores ({machine['cpu']}), {result['at'][:10]}: "
            f"{machine['placement']}."
        ),
        "Every server stores every message in PostgreSQL and sends five a second to all sockets.",
        "Medians of alternating runs. What has not come eight seconds after the last message is",
        "lost, and counts as never come in p50 and p99.",
    ]


def _at(result: Data, sockets: int) -> list[Data]:
    return [row for row in result["rows"] if row.get("sockets") == sockets]


def _fanout_line(row: Data) -> str:
    return (
        f"| {row['server']} | {row['cpu_us_per_delivery']:,.3g} µs | {_ms(row['p50_ms'])} "
        f"| {_ms(row['p99_ms'])} | {row['lost']:,.0f} | {row['memory_kib_per_socket']:,.0f} KiB |"
    )


def _send_line(row: Data) -> str:
    return (
        f"| {row['case']} | {_ms(row['cpu_ms_per_message'])} | {_ms(row['p50_ms'])} "
        f"| {_ms(row['p99_ms'])} | {row['queries']} |"
    )


def _slow_words(result: Data) -> str:
    reads, stopped = result["rows"]
    (slower,) = (goal for goal in result["goals"] if goal["goal"].startswith("p99 of the others"))
    return (
        f"A socket that stops reading among {reads['sockets']:,}, and is closed with 1013: the "
        f"others' p99 is {_ms(stopped['p99_ms'])} meanwhile, {_ms(reads['p99_ms'])} when it reads "
        f"({slower['value']:g} times)."
    )


def _lists_words(result: Data) -> str:
    lists = [row for row in result["rows"] if "database_p95_ms" in row]
    pages = [row for row in result["rows"] if "server_p95_ms" in row]
    size = result["rows"][0]
    return (
        f"With {size['rooms']:,} rooms, the slowest list takes "
        f"{_ms(max(row['database_p95_ms'] for row in lists))} in the database and the slowest page "
        f"{_ms(max(row['server_p95_ms'] for row in pages))} on the server (p95)."
    )


def _processes_words(result: Data) -> str:
    one, *more = result["rows"]
    times = ", ".join(f"{row['case'].split()[0]} {row['times_one']:.2f} times" for row in more)
    busy = ", ".join(f"{row['servers_cores_busy']:.2f}" for row in result["rows"])
    return (
        f"{one['case']} takes {one['messages_per_second']:,.0f} messages/s, {times} as many, on "
        f"{result['machine']['cores']} cores that load generator and database share: the web "
        f"processes got {busy} of them."
    )


def _goal_lines(goals: list[Data]) -> list[str]:
    missed = [goal for goal in goals if not goal["met"]]
    met = f"{len(goals) - len(missed)} of {len(goals)} goals are met"
    if not missed:
        return [f"{met}."]
    lines = [
        f"- {goal['goal']}: {_number(goal['value'])}, was to be {goal['limit']:g}"
        for goal in missed
    ]
    return [f"{met}; these are not:", "", *lines]


def _number(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _ms(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.3g} ms" if value < 1000 else f"{value:,.0f} ms"


def profile(results: Path = RESULTS) -> str:
    """The section of docs/performance.md: what a message costs, step by step."""
    result = read("profile", results)
    machine = result["machine"]
    return "\n".join(
        [
            f"`make bench B=profile` on {machine['cpu']}, {result['at'][:10]}.",
            "",
            "| | processor time | mostly |",
            "|---|--:|---|",
            *(
                f"| {_emphasised(row)} | {row['cpu_us']:,.0f} µs | {row['library']} |"
                for row in result["rows"]
            ),
            "",
            *_search(results),
            "",
            *(
                line
                for name, section in (("inbox", _inbox), ("mix", _mix))
                if (results / f"{name}.json").exists()  # else it is still to be measured
                for line in (*section(results), "")
            ),
        ]
    )


def _search(results: Path) -> list[str]:
    """What a search costs in the database, by who asks."""
    result = read("search", results)
    size, *rows = result["rows"]
    cases = [(*row["case"].rsplit(", ", 1), row) for row in rows]
    people = list(dict.fromkeys(person for _, person, _ in cases))
    found = {(words, person): row for words, person, row in cases}
    return [
        (
            f"`make bench B=search` on {result['machine']['cpu']}, {result['at'][:10]}: "
            f"{size['messages']:,} messages, p95 of all that a search asks the database (in "
            "brackets the processor time of it, without waiting for a core)."
        ),
        "",
        f"| | {' | '.join(people)} |",
        f"|---|{'--:|' * len(people)}",
        *(
            f"| {words} | {' | '.join(_searched(found[words, person]) for person in people)} |"
            for words in dict.fromkeys(words for words, _, _ in cases)
        ),
        "",
        *_goal_lines(result["goals"]),
    ]


def _searched(row: Data) -> str:
    return f"{_ms(row['database_p95_ms'])} ({_ms(row['database_cpu_ms'])})"


def _inbox(results: Path) -> list[str]:
    """What the inbox costs somebody with many conversations, and opening a long one."""
    result = read("inbox", results)
    return [
        (
            f"`make bench B=inbox` on {result['machine']['cpu']}, {result['at'][:10]}: pages and "
            "lists of somebody with few conversations and with many, p95 in the database and on "
            "the server (in brackets its processor time, without waiting)."
        ),
        "",
        "| | queries | database | server |",
        "|---|--:|--:|--:|",
        *map(_page_line, result["rows"]),
        "",
        *_goal_lines(result["goals"]),
    ]


def _page_line(row: Data) -> str:
    return (
        f"| {row['case']} | {row['queries']} | {_ms(row['database_p95_ms'])} "
        f"| {_ms(row['server_p95_ms'])} ({_ms(row['server_cpu_ms'])}) |"
    )


def _mix(results: Path) -> list[str]:
    """What many people at once feel."""
    result = read("mix", results)
    (row,) = result["rows"]
    return [
        (
            f"`make bench B=mix` on {result['machine']['cpu']}, {result['at'][:10]}: "
            f"{row['sockets']:,} people with a page open, on one web process. Each types and sends "
            "a message a minute, reads the other's, goes away and comes back. Of "
            f"{row['messages']:,} messages {row['lost']:,} were lost; from sending to being seen "
            f"took {_ms(row['p50_ms'])} (p50), {_ms(row['p95_ms'])} (p95), {_ms(row['p99_ms'])} "
            f"(p99). The process was busy {row['server_core_busy']:.2f} of the time, and "
            f"{row['server_threads_waiting']:.2f} of its threads waited for a core that other work "
            "on the machine had."
        ),
        "",
        *_goal_lines(result["goals"]),
    ]


def _emphasised(row: Data) -> str:
    if row["kind"] == "whole":
        return f"**{row['case']}**"
    return row["case"] if row["kind"] == "step" else f"to compare: {row['case']}"


def with_figures(text: str, new: str) -> str:
    """A page with the section between its two marks replaced."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("The marks around the figures are lost.")
    return f"{before}{begin}\n{new}\n{end}{after}"


def main(arguments: list[str]) -> int:
    """Write or check."""
    try:
        pages = {
            path: with_figures(path.read_text(), section())
            for path, section in ((README, figures), (PERFORMANCE, profile))
        }
    except (OSError, ValueError, KeyError, json.JSONDecodeError) as error:
        print(f"The figures cannot be made: {error!r}")
        return 1
    stale = [path for path, new in pages.items() if path.read_text() != new]
    if "--check" not in arguments:
        for path in stale:
            path.write_text(pages[path])
        return 0
    for path in stale:
        print(f"{path.name} has other figures than bench/results: run `python -m bench.readme`.")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
