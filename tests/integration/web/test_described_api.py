"""The API does what its description says, whatever is sent: no failure of ours, no answer that is not described."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from app.main import create_app
from tests.integration.conftest import Installation

EXAMPLES = 20


@contextmanager
def served(installation: Installation) -> Iterator[str]:
    """A real server on a free port, in a thread of its own."""
    unlimited = installation.settings.model_copy(update={"public_writes_per_minute": 1_000_000})
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app(unlimited), log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)


def drive(url: str, key: str) -> dict[str, int]:
    """Send generated requests to every operation; how many to each. Fails at the first answer that breaks a promise."""
    schema = schemathesis.openapi.from_url(f"{url}/api/openapi.json", wait_for_schema=20)
    sent: dict[str, int] = {}
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def check(case: schemathesis.Case) -> None:
            headers = {"Authorization": f"Bearer {key}"} if case.path.startswith("/api/") else {}
            response = case.call(headers=headers, timeout=120)
            sent[case.operation.label] = sent.get(case.operation.label, 0) + 1
            case.validate_response(
                response, checks=(not_a_server_error, content_type_conformance, response_schema_conformance)
            )

        check()
    return sent


async def test_no_request_breaks_a_promise_of_the_description(installation: Installation) -> None:
    await installation.issue_one()
    with served(installation) as url:
        sent = await asyncio.to_thread(drive, url, installation.api_key["admin"])
    assert len(sent) >= 25
    assert all(sent.values())
