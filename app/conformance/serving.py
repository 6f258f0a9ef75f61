"""The conformance tenant over HTTPS: the VC API and its status lists, and nothing of an installation.

A W3C suite is told of it as an implementation whose issuer has one of the DIDs printed at the start as `id`,
`<URL>/credentials/issue` as `endpoint`, `{"Authorization": "Bearer <token>"}` as `headers`, and as `options` what is
to be made: `{"cryptosuite": "ecdsa-jcs-2019"}`, or `{"credentialStatus": {"type": "BitstringStatusListEntry",
"statusPurpose": "revocation"}}`. One that can send no header uses `<URL>/conformance/<token>/credentials/issue`.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app import __version__
from app.conformance.certificate import HOST, Certificate, for_localhost
from app.conformance.keys import keys_from
from app.conformance.tenant import STATUS_PATH, Tenant
from app.errors import NotFound
from app.settings import Settings
from app.web import negotiation, problems, vc_api
from app.web.dependencies import WriteLimit
from app.web.documents import OPEN
from app.web.edge import Edge
from app.wiring import now

# A suite sends what it has as fast as it can.
_CHECKS_PER_MINUTE = 100_000
_LIST_TYPES = (negotiation.JSON, "application/vc")


@dataclass(frozen=True, slots=True)
class Session:
    """One start of the tenant. `new_token` is the token if it was made for this start, else empty."""

    tenant: Tenant
    certificate: Certificate
    certificate_file: Path
    port: int
    new_token: str = field(repr=False)

    def described(self) -> Iterator[str]:
        """What whoever runs a suite must know, a line each."""
        yield "A test tenant for conformance suites: no college, nothing is kept, its signatures vouch for nothing."
        yield f"URL: {self.tenant.base_url}"
        for key in self.tenant.keys:
            yield f"Issuer ({key.public.type.name}): {key.did}"
        yield f"Token: {self.new_token or 'the one in STACKMARK_CONFORMANCE_TOKEN'}"
        yield f"Certificate: {self.certificate_file}"
        yield f"Certificate SHA-256: {self.certificate.fingerprint}"


def prepare(settings: Settings, port: int) -> Session:
    """Keys, token and certificate for one start; the certificate, without its key, is written for clients to trust."""
    moment = now()
    seed = settings.conformance_seed
    keys = keys_from(seed.get_secret_value().encode() if seed is not None else secrets.token_bytes(32))
    given = settings.conformance_token
    token = given.get_secret_value() if given is not None else secrets.token_urlsafe(32)
    certificate = for_localhost(moment)
    file = settings.data_dir / "conformance" / "certificate.pem"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(certificate.pem)
    tenant = Tenant(keys, token, f"https://{HOST}:{port}", now)
    return Session(tenant, certificate, file, port, "" if given is not None else token)


def create_app(tenant: Tenant) -> FastAPI:
    """The application: stateless but for `tenant`."""
    app = FastAPI(
        title="Stackmark conformance tenant",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.test_tenant = tenant
    app.state.write_limit = WriteLimit(_CHECKS_PER_MINUTE)
    # Not `https`: a browser told to use HTTPS alone would do so for all that is ever served on localhost.
    app.add_middleware(Edge, https=False)
    problems.install(app)
    app.router.routes += [*vc_api.routes, *vc_api.token_routes, Route(f"{STATUS_PATH}/{{number:int}}", _status_list)]
    return app


def run(session: Session, host: str) -> None:
    """Serve until stopped. The certificate's key is on disk only while it is read."""
    with TemporaryDirectory() as folder:
        key_file = Path(folder) / "key.pem"
        key_file.touch(mode=0o600)
        key_file.write_bytes(session.certificate.key_pem)
        config = uvicorn.Config(
            create_app(session.tenant),
            host=host,
            port=session.port,
            ssl_certfile=session.certificate_file,
            ssl_keyfile=key_file,
            access_log=False,
            log_config=None,
        )
        config.load()
    uvicorn.Server(config).run()


async def _status_list(request: Request) -> Response:
    tenant: Tenant = request.app.state.test_tenant
    found = tenant.status_list(f"{tenant.base_url}{STATUS_PATH}/{request.path_params['number']}")
    if found is None:
        raise NotFound("status_list_unknown", "The tenant has no list with this number.")
    wanted = negotiation.preferred(request.headers.get("accept"), _LIST_TYPES)
    headers = {**OPEN, "Cache-Control": "no-store", "Vary": "Accept"}
    return JSONResponse(found, headers=headers, media_type=wanted)
