"""The fan-out bench with five sockets, on our own server: that it measures, not what."""

import asyncio
import os
from dataclasses import replace

import uvloop
from django.db import connection

from bench.fanout import QUICK, one_run
from bench.scene import make_scene
from bench.servers import OURS
from tests.sockets import COMMITTED


@COMMITTED
def test_five_sockets_get_every_message() -> None:
    scene = make_scene(2)
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    environment = {"DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}"}
    plan = replace(QUICK, sizes=(2, 5), messages=4, drain_seconds=30)  # the machine may be busy
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        small, large = runner.run(one_run(OURS, scene, environment, plan))
    assert (small["lost"], large["lost"]) == (0, 0)
    assert float(large["p99_ms"]) >= float(large["p50_ms"]) > 0
    assert float(large["cpu_us_per_delivery"]) > 0
    assert float(large["frame_bytes"]) > 500
