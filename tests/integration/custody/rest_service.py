"""What the two services that we had to write ourselves have in common: a real HTTP server, whose answers can be bent."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

Bend = Callable[[Response], Response]


def told(status: int, body: object, **headers: str) -> Bend:
    """This answer instead of the real one: a JSON value, or bytes as they are."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda real: Response(data, status, headers=headers, content_type="application/json")


def changed(**fields: Any) -> Bend:
    """The real answer with other fields; None takes one out."""

    def bend(real: Response) -> Response:
        body = json.loads(real.get_data())
        body.update(fields)
        return Response(
            json.dumps({name: value for name, value in body.items() if value is not None}), real.status_code
        )

    return bend


@dataclass
class RestService:
    """A running service. `bends`: done to its next answers, first come first served, None being none."""

    endpoint: str = ""
    calls: list[str] = field(default_factory=list)
    bends: list[Bend | None] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        """What the service really says."""
        raise NotImplementedError

    def is_about_keys(self, request: Request) -> bool:
        """Whether it is one of the requests that are counted and bent: those about logins are not."""
        raise NotImplementedError


@contextmanager
def running(service: RestService, certificate: tuple[str, str] | None = None) -> Iterator[None]:
    """`certificate`: the files of one and of its key; without it the server speaks plain HTTP."""

    @Request.application
    def answer(request: Request) -> Response:
        if not service.is_about_keys(request):
            return service.answer(request)
        service.calls.append(f"{request.method} {request.path}")
        bend = service.bends.pop(0) if service.bends else None
        real = service.answer(request)
        return bend(real) if bend else real

    server = make_server("127.0.0.1", 0, answer, threaded=True, ssl_context=certificate)
    service.endpoint = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
