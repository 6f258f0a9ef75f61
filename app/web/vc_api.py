"""The VC API (W3C VCALM 1.0, sections on issuing and verifying), so that public conformance suites can drive us.

    POST /credentials/verify     400 unless everything that was asked holds; the report is in the body either way
    POST /presentations/verify   the same for a presentation and all in it
    POST /credentials/issue      for a key that may issue
    POST /credentials/status     for a key that may revoke

Decisions
- Checking binds: without `checks`, "verified" is true exactly where the verdict of POST /verify would be "valid".
  `checks: ["proof"]` looks at proofs alone, which the vectors of specifications need; the verdict then never reads
  "valid". The one other check that can be asked for, the status beside the proof, is the check of everything: a
  status means nothing where it is not known who the issuer is. A name that is not known is refused, not passed over.
- An option that is not known is refused: passed over, it would make a test pass that tested nothing.
- An institution issues by orders from the catalogue, for learners it knows, with a place in its status list. Signing
  whatever JSON the holder of an API key sends would let a stolen key put any words in a college's mouth. So issuing
  here is the conformance tenant's alone (`app.conformance`), which exists only under `stackmark serve --conformance`
  and never in the process of a college.
- Everything wrong with a request is 400 here, as the VC API has it, where the rest of this application says 422.
- Documents of version 1.1 are read and made here alone, by the same checks as those of version 2.0. The context that
  defines a Data Integrity proof is added when one is issued, never when one is checked: a signature counts for the
  document as it was received.
- Each credential inside a document counts against the client's limit, as in POST /verify.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import wraps
from typing import Any, Literal, Protocol, cast
from uuid import UUID

from pydantic import Field, StrictBool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.credentials import service as credentials
from app.credentials.model import RevocationReason
from app.database import transaction
from app.errors import NotAllowed, NotFound, Refused
from app.institutions import service as institutions
from app.institutions.model import Scope
from app.verification import proof_only
from app.verification.evidence import Submission
from app.verification.proof_only import ASSERTION, Occasion
from app.verification.report import Finding, Outcome, Report, Verdict
from app.verification.submission import MAX_BYTES
from app.verification.verifier import Verifier
from app.web import problems
from app.web.bodies import Body, read_body
from app.web.dependencies import limited_write, wiring_of
from app.web.documents import OPEN
from app.web.pages.handed_in import count_each, members_of, verifier_of
from app.wiring import now

_PROOF, _STATUS = "proof", "credentialStatus"
_BESIDE_THE_VERDICT = ("inclusion", "checkpoint", "chain")
_HEADERS = {**OPEN, "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
_TEXT = 1_000


class VerifyOptions(Body):
    """What a proof is to be checked for. Members are those of VCALM, and `checks` of the VC API before it.

    Problem details and the result of each check are always returned, whether they are asked for or not.
    """

    checks: list[str] | None = Field(default=None, max_length=8)
    challenge: str | None = Field(default=None, min_length=1, max_length=_TEXT)
    domain: str | None = Field(default=None, min_length=1, max_length=_TEXT)
    expectedProofPurpose: Literal["assertionMethod", "authentication"] | None = None
    returnCredential: StrictBool = False
    returnPresentation: StrictBool = False
    returnProblemDetails: StrictBool = True
    returnResults: StrictBool = True


class VerifyCredential(Body):
    """A signed credential, version 2.0 or 1.1."""

    verifiableCredential: dict[str, Any]
    options: VerifyOptions = VerifyOptions()


class VerifyPresentation(Body):
    """A presentation, signed by its holder or by nobody."""

    verifiablePresentation: dict[str, Any]
    options: VerifyOptions = VerifyOptions()


class StatusWish(Body):
    """The kind of status that an issued credential is to have, or whose status is to be changed."""

    type: Literal["BitstringStatusListEntry", "BitstringStatusList"]
    statusPurpose: str = Field(max_length=100)
    id: str | None = Field(default=None, max_length=_TEXT)
    statusListIndex: str | None = Field(default=None, max_length=20)
    statusListCredential: str | None = Field(default=None, max_length=_TEXT)


class IssueOptions(Body):
    """How to sign. `cryptosuite` may also stand as `type`, its name in the VC API of old."""

    cryptosuite: str | None = Field(default=None, max_length=100)
    type: str | None = Field(default=None, max_length=100)
    credentialId: str | None = Field(default=None, min_length=1, max_length=_TEXT)
    credentialStatus: StatusWish | list[StatusWish] | None = None
    mandatoryPointers: list[str] | None = None


class IssueCredential(Body):
    """An unsigned credential, version 2.0 or 1.1."""

    credential: dict[str, Any]
    options: IssueOptions = IssueOptions()


class ChangeStatus(Body):
    """The status of an issued credential: withdrawn (true) or in force (false)."""

    credentialId: str = Field(min_length=1, max_length=_TEXT)
    credentialStatus: StatusWish
    status: StrictBool
    indexAllocator: str | None = Field(default=None, max_length=_TEXT)


class ConformanceTenant(Protocol):
    """The tenant of `stackmark serve --conformance`: it signs whatever is a credential. No college is one."""

    @property
    def verifier(self) -> Verifier: ...

    def admit(self, token: str) -> None:
        """Raises `NotAllowed("api_key_invalid")`."""
        ...

    def issue(self, credential: Mapping[str, Any], options: IssueOptions) -> dict[str, Any]:
        """Raises `Refused`."""
        ...

    def set_status(self, change: ChangeStatus) -> None:
        """Raises `Refused` or `NotFound`."""
        ...


Handler = Callable[[Request], Awaitable[Response]]


def _with_400(handler: Handler) -> Handler:
    """What is wrong with a request is 400 here."""

    @wraps(handler)
    async def answering(request: Request) -> Response:
        try:
            return await handler(request)
        except Refused as error:
            problem = problems.of_error(error)
            if problem.status != 422:
                raise
            return problems.respond(request, problems.Problem(400, problem.code, problem.detail, problem.details))

    return answering


@_with_400
async def _verify_credential(request: Request) -> Response:
    await limited_write(request)
    sent = await read_body(request, VerifyCredential, MAX_BYTES)
    options, verifier = sent.options, _verifier(request)
    if _proofs_only(request, options):
        purpose = options.expectedProofPurpose or ASSERTION
        report = await verifier.proofs(sent.verifiableCredential, _occasion(options), purpose)
        verified = proof_only.holds(report)
    elif _occasion(options).is_asked or options.expectedProofPurpose is not None:
        raise Refused(
            "option_not_applicable",
            "A credential is made to last, not for one occasion: ask for a challenge, a domain or a purpose together "
            'with checks: ["proof"], or of a presentation.',
        )
    else:
        handed_in = Submission(sent.verifiableCredential, None)
        await count_each(request, len(members_of(handed_in)))
        report = await verifier.credential(handed_in)
        verified = report.verdict is Verdict.VALID
    return _answer(report, verified, {"credential": sent.verifiableCredential} if options.returnCredential else {})


@_with_400
async def _verify_presentation(request: Request) -> Response:
    await limited_write(request)
    sent = await read_body(request, VerifyPresentation, MAX_BYTES)
    options = sent.options
    if options.expectedProofPurpose not in (None, proof_only.AUTHENTICATION):
        raise Refused("option_not_applicable", "Whoever shows a presentation signs it for authentication.")
    proofs_only = _proofs_only(request, options)
    document = sent.verifiablePresentation
    inside = document.get("verifiableCredential")
    await count_each(request, len(inside) if isinstance(inside, list) else 1)
    report = await _verifier(request).presentation(document, _occasion(options), proofs_only=proofs_only)
    verified = proof_only.holds(report) if proofs_only else report.verdict is Verdict.VALID
    return _answer(report, verified, {"verifiablePresentation": document} if options.returnPresentation else {})


@_with_400
async def _issue(request: Request) -> Response:
    tenant = _tenant(request)
    if tenant is None:
        async with transaction(wiring_of(request).engine) as conn:
            await institutions.authenticate(conn, _bearer(request), Scope.ISSUE)
        raise NotAllowed(
            "conformance_only",
            "An institution issues by orders from its catalogue (POST /api/credentials); it does not sign documents "
            "that are sent to it.",
        )
    tenant.admit(_bearer(request))
    sent = await read_body(request, IssueCredential, MAX_BYTES)
    return JSONResponse({"verifiableCredential": tenant.issue(sent.credential, sent.options)}, 201, _HEADERS)


@_with_400
async def _status(request: Request) -> Response:
    tenant = _tenant(request)
    if tenant is not None:
        tenant.admit(_bearer(request))
        tenant.set_status(await read_body(request, ChangeStatus))
    else:
        await _revoke(request)
    return JSONResponse({}, headers=_HEADERS)


async def _revoke(request: Request) -> None:
    """Withdraw a credential of the key's own institution: what a status of true means. It cannot be undone."""
    wiring = wiring_of(request)
    async with transaction(wiring.engine) as conn:
        key = await institutions.authenticate(conn, _bearer(request), Scope.REVOKE)
        change = await read_body(request, ChangeStatus)
        wish = change.credentialStatus
        if wish.statusPurpose != "revocation" or {wish.id, wish.statusListIndex, wish.statusListCredential} != {None}:
            raise Refused("status_unknown", 'Only the status "revocation" of a credential, as a whole, can be changed.')
        if not change.status:
            raise Refused("status_permanent", "A credential that was withdrawn stays withdrawn; issue a new one.")
        issuer = await wiring.issuer(conn, key.institution_id)
        number = _number(change.credentialId)
        await credentials.revoke(conn, issuer, number, reason=RevocationReason.OTHER, now=now())


def _number(text: str) -> UUID:
    try:
        return UUID(text.removeprefix("urn:uuid:"))
    except ValueError:
        raise NotFound("credential_unknown", "There is no credential with this number here.") from None


def _tenant(request: Request) -> ConformanceTenant | None:
    return cast(ConformanceTenant | None, getattr(request.app.state, "test_tenant", None))


def _verifier(request: Request) -> Verifier:
    tenant = _tenant(request)
    if tenant is not None:
        return tenant.verifier
    return verifier_of(request, older=True)


def _bearer(request: Request) -> str:
    """The key in the header; or, for suites that can send no header, in the address of the conformance tenant."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else str(request.path_params.get("token", ""))


def _proofs_only(request: Request, options: VerifyOptions) -> bool:
    if options.checks is None:
        return False
    if not options.checks and _tenant(request) is not None:
        # Suites ask for nothing where they want no more than the proof; elsewhere nobody may ask for nothing.
        return True
    asked = set(options.checks)
    if asked not in ({_PROOF}, {_PROOF, _STATUS}):
        raise Refused("check_unknown", f'Ask for "{_PROOF}", for it and "{_STATUS}", or for none: that is for all.')
    return _STATUS not in asked


def _occasion(options: VerifyOptions) -> Occasion:
    return Occasion(options.challenge, options.domain)


def _answer(report: Report, verified: bool, returned: Mapping[str, Any]) -> Response:
    """Ours and the VC API's in one: what failed are `errors`, what does not count against it `warnings`."""
    told = list(_told(report))
    errors = [] if verified else [detail for counts, detail in told if counts]
    warnings = [detail for counts, detail in told if verified or not counts]
    members = {
        "verified": verified,
        "errors": errors,
        "warnings": warnings,
        "problemDetails": [*errors, *warnings],
        **report.as_json(),
        **returned,
    }
    return JSONResponse(members, 200 if verified else 400, _HEADERS)


def _told(report: Report, place: int | None = None) -> Iterator[tuple[bool, dict[str, Any]]]:
    """(whether it counts against the document, what is told of it), for every check that did not hold."""
    for one in report.findings:
        if one.outcome in (Outcome.INVALID, Outcome.ERROR):
            yield one.check not in _BESIDE_THE_VERDICT, _problem(one, place)
    for number, part in enumerate(report.parts):
        yield from _told(part, number)


def _problem(one: Finding, place: int | None) -> dict[str, Any]:
    title = "Not as it should be" if one.outcome is Outcome.INVALID else "Could not be found out"
    members = {
        "type": problems.TYPE_PREFIX + one.code,
        "title": title,
        "detail": one.sentence,
        "code": one.code,
        "check": one.check,
    }
    return members if place is None else members | {"credential": place}


routes = [
    Route("/credentials/verify", _verify_credential, methods=["POST"]),
    Route("/presentations/verify", _verify_presentation, methods=["POST"]),
    Route("/credentials/issue", _issue, methods=["POST"]),
    Route("/credentials/status", _status, methods=["POST"]),
]
"""For every installation."""

token_routes = [
    Route("/conformance/{token}/credentials/issue", _issue, methods=["POST"]),
    Route("/conformance/{token}/credentials/status", _status, methods=["POST"]),
]
"""For the conformance tenant alone: the same with its token in the address."""
