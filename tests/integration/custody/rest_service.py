"""What the two services that we had to write ourselves have in common: a real HTTP server, whose answers can be bent."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from werkzeug.test import EnvironBuilder
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
    """A running service. `bends`: done to its next answers, first come first served, None being none.

    `doors`: the port of the connection that each of `calls` came over.
    """

    endpoint: str = ""
    calls: list[str] = field(default_factory=list)
    doors: list[int] = field(default_factory=list)
    bends: list[Bend | None] = field(default_factory=list)
    connections: list[socket.socket] = field(default_factory=list)

    def hang_up(self) -> None:
        """Close every connection, as a service does with those that nobody has used for a while."""
        while self.connections:
            with suppress(OSError):
                self.connections.pop().shutdown(socket.SHUT_RDWR)

    def answered(self, request: Request, door: int) -> Response:
        """What it is made to say."""
        if not self.is_about_keys(request):
            return self.answer(request)
        self.calls.append(f"{request.method} {request.path}")
        self.doors.append(door)
        bend = self.bends.pop(0) if self.bends else None
        real = self.answer(request)
        return bend(real) if bend else real

    def answer(self, request: Request) -> Response:
        """What the service really says."""
        raise NotImplementedError

    def is_about_keys(self, request: Request) -> bool:
        """Whether it is one of the requests that are counted and bent: those about logins are not."""
        raise NotImplementedError


@contextmanager
def running(service: RestService, certificate: tuple[str, str] | None = None) -> Iterator[None]:
    """`certificate`: the files of one and of its key; without it the server speaks plain HTTP."""

    class Handler(BaseHTTPRequestHandler):
        """Keeps connections open between requests, as clouds do; werkzeug's own server never does."""

        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            service.connections.append(self.connection)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is logged."""

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = list(self.headers.items())
            request = EnvironBuilder(self.path, service.endpoint, method=self.command, headers=headers, data=body)
            response = service.answered(request.get_request(), self.client_address[1])
            data = response.get_data()
            self.send_response(response.status_code)
            for name, value in response.headers:
                if name != "Content-Length":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    service.endpoint = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
