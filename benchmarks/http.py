"""Requests per second of the real application, one server process, sixteen connections.

uvicorn serves `benchmarks.served` as `stackmark serve` would (uvloop, httptools, no access log), on an installation
with hundreds of anchored credentials. Credentials are asked for in turn, so that what a server remembers of one is no
help with the next; "the same one again" is the case of a shared link. The load generator runs in this process, on the
other core. Addresses take turns in every round. Unit: requests per second and milliseconds (p50, p99). Against: a bare
FastAPI route in the same server.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import cycle, islice
from statistics import median
from uuid import UUID

import httpx

from app.credentials import service as credentials
from app.database import transaction
from app.settings import Settings
from benchmarks import load, pipeline, served
from benchmarks.figures import Section, p50_p99
from benchmarks.installation import SLUG, Installation, anchor_all
from benchmarks.scale import Scale

BARE = "bare FastAPI route"
_START_SECONDS = 60
_SLOW = 4
"""A verification is asked for this many times less often, so that a run ends in time."""
_ROWS = 400

Paths = Callable[[], list[str]]
"""The addresses to ask for in one round."""


def measure(scale: Scale, installation: Installation) -> Section:
    """Every address in turns, `scale.http_rounds` times."""
    numbers = asyncio.run(_anchored(installation))
    verifications = scale.requests // _SLOW
    each = cycle(numbers)
    addresses: dict[str, Paths] = {
        BARE: lambda: [served.BARE] * scale.requests,
        "GET /verify/{id}, JSON": lambda: [f"/verify/{number}" for number in islice(each, verifications)],
        "GET /verify/{id}, the same one again": lambda: [f"/verify/{numbers[0]}"] * verifications,
        "GET /credentials/{id}": lambda: [f"/credentials/{number}" for number in islice(each, scale.requests)],
        "GET /credentials/{id}, the same one again": lambda: [f"/credentials/{numbers[0]}"] * scale.requests,
        "GET /i/{slug}/status/1": lambda: [f"/i/{SLUG}/status/1"] * scale.requests,
        "GET /i/{slug}/did.json": lambda: [f"/i/{SLUG}/did.json"] * scale.requests,
    }
    with _server(installation.settings) as port:
        report = httpx.get(
            f"http://127.0.0.1:{port}/verify/{numbers[0]}",
            headers={"Accept": "application/json"},
            timeout=30,
            trust_env=False,
        ).json()
        assert (report["verdict"], report["anchor"]) == ("valid", "anchored"), report
        taken = asyncio.run(_load(port, addresses, scale))
    section = Section(f"HTTP: one server process, {load.CONNECTIONS} connections")
    bare = [one.rate for one in taken[BARE]]
    for name, loads in taken.items():
        ratio = median(one.rate / reference for one, reference in zip(loads, bare, strict=True))
        section.add(name, median(one.rate for one in loads), "requests/s", ratio, BARE)
    reference = p50_p99([latency for one in taken[BARE] for latency in one.latencies])
    for name, loads in taken.items():
        found = p50_p99([latency for one in loads for latency in one.latencies])
        for label, value, bare_value in zip(("p50", "p99"), found, reference, strict=True):
            section.add(f"{name}, {label}", value, "ms", value / bare_value, BARE)
    section.notes.append("Latencies are those under full load: sixteen requests are always waiting.")
    return section


async def _anchored(installation: Installation) -> list[UUID]:
    """Numbers of anchored credentials; some are imported if there are none."""
    async with installation.open() as wiring:
        await anchor_all(wiring, installation.chain, installation.college)
        async with transaction(wiring.engine) as conn:
            issued = await credentials.list_issued(conn, installation.college, limit=None)
        if not issued:
            await pipeline.import_file(wiring, installation, pipeline.sample(_ROWS), pipeline.Stages())
            async with transaction(wiring.engine) as conn:
                issued = await credentials.list_issued(conn, installation.college, limit=None)
    return [one.id for one in issued]


async def _load(port: int, addresses: dict[str, Paths], scale: Scale) -> dict[str, list[load.Load]]:
    taken: dict[str, list[load.Load]] = {name: [] for name in addresses}
    for paths in addresses.values():
        await load.run(port, paths()[: 2 * load.CONNECTIONS])
    for _ in range(scale.http_rounds):
        for name, paths in addresses.items():
            taken[name].append(await load.run(port, paths()))
    return taken


@contextmanager
def _server(settings: Settings) -> Iterator[int]:
    """Serve until the block ends; the port."""
    environment = dict(os.environ) | {
        "STACKMARK_DATABASE_URL": settings.secret_database_url(),
        "STACKMARK_CHAIN_RPC_URL": str(settings.chain_rpc_url),
        "STACKMARK_REGISTRY_ADDRESS": str(settings.registry_address),
        "STACKMARK_PUBLIC_URL": settings.public_url,
        "STACKMARK_PASSPHRASE_FILE": str(settings.passphrase_file),
        "STACKMARK_PORT": str(settings.port),
        "STACKMARK_DATA_DIR": str(settings.data_dir),
        "STACKMARK_WALLETS_DIR": str(settings.wallets_dir),
        "STACKMARK_CONTRACTS_DIR": str(settings.contracts_dir),
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", "benchmarks.served:app", "--host", "127.0.0.1"]
    command += ["--port", str(settings.port), "--no-access-log", "--log-level", "warning"]
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        _wait(f"http://127.0.0.1:{settings.port}{served.BARE}", process)
        yield settings.port
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def _wait(address: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.HTTPError):
            if httpx.get(address, timeout=5, trust_env=False).status_code == httpx.codes.OK:
                return
        time.sleep(0.1)
    raise RuntimeError("the application did not start; its messages are above")
