"""A hardware security module through its PKCS #11 library (version 2.40 with the Edwards curves of 3.0).

- Ed25519 keys are made with CKM_EC_EDWARDS_KEY_PAIR_GEN and sign with CKM_EDDSA; secp256k1 keys are made with
  CKM_EC_KEY_PAIR_GEN over the curve's OID, and sign digests with CKM_ECDSA. Private halves are made in the module,
  sensitive and not extractable.
- A reference is a PKCS #11 URI (RFC 7512) of the token and of an id made of 16 random bytes: it means one key for good.
  The label `<owner>-<name>` is for people, and tells that a name is taken.
- The PIN comes from a file, is read when a session is opened, and is never kept. A wrong one is tried once: modules
  lock themselves after a few, and a module that has one last try left is not asked at all.
- The maker's library runs inside this process. Should it crash, the process ends with it, in whatever it was doing:
  what was committed stays, what was not is as if it had never been asked for, and the next start takes it up again.
  Should it hang, the caller is told so after `TIMEOUT_SECONDS`; the call itself cannot be ended but with the process,
  and until then every further one fails the same way. So the library is loaded only where keys lie in a module.
- A session that the module has forgotten (it was restarted, unplugged, or its network was gone) is opened again once.
"""

import os
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, unquote_to_bytes

from app.adapters.custody import failures
from app.adapters.custody.custodian import Kind
from app.adapters.custody.turn import Turn
from app.errors import AppError

TIMEOUT_SECONDS = 5.0

_EDWARDS25519 = bytes.fromhex("06032b6570")
"""OID 1.3.101.112 (RFC 8410), DER."""
_SECP256K1 = bytes.fromhex("06052b8104000a")
"""OID 1.3.132.0.10 (SEC 2), DER."""

# Names of the library's exceptions; its base class stands for a module that was shut down under us.
_LOST = frozenset(
    [
        "SessionHandleInvalid",
        "SessionClosed",
        "UserNotLoggedIn",
        "TokenNotPresent",
        "DeviceRemoved",
        "DeviceError",
        "KeyHandleInvalid",
        "ObjectHandleInvalid",
        "PKCS11Error",
    ]
)
_AWAY = _LOST | {"NoSuchToken", "TokenNotRecognised", "GeneralError", "FunctionFailed", "SessionCount"}

Answer = TypeVar("Answer")


class Hsm:
    """A `KeyHolder`: one token of one module. `module`: the maker's library."""

    scheme = "pkcs11"
    title = "The hardware module"

    def __init__(self, module: Path, token: str, pin_file: Path, seconds: float = TIMEOUT_SECONDS) -> None:
        self._module = module
        self._token = token
        self._pin_file = pin_file
        self._seconds = seconds
        self._lock = threading.Lock()
        self._turn: Turn | None = None
        self._process = 0
        self._session: Any = None
        self._pin_refused = False

    def __repr__(self) -> str:
        return f"Hsm({self._token!r})"

    def make(self, kind: Kind, owner: str, name: str) -> str:
        # Asked first so that a lost session is noticed before a key is made, and not after.
        self.has(owner, name)
        label, identity = _label(owner, name), secrets.token_bytes(16)
        self._do(lambda session: self._generate(session, kind, label, identity), label, again=False)
        return f"token={quote(self._token, safe='')};id={''.join(f'%{byte:02x}' for byte in identity)}"

    def has(self, owner: str, name: str) -> bool:
        label = _label(owner, name)
        return self._do(lambda session: self._find(session, label=label) is not None, label)

    def public_key(self, kind: Kind, reference: str) -> bytes:
        identity = self._identity(reference)
        point = self._do(lambda session: self._point(session, kind, identity), reference)
        if point is None:
            raise failures.key_missing(self.title, reference)
        return point

    def sign(self, kind: Kind, reference: str, data: bytes) -> bytes:
        identity = self._identity(reference)
        signature = self._do(lambda session: self._signature(session, kind, identity, data), reference)
        if signature is None:
            raise failures.key_missing(self.title, reference)
        return signature

    def _identity(self, reference: str) -> bytes:
        parts = dict(part.partition("=")[::2] for part in reference.split(";"))
        if unquote_to_bytes(parts.get("token", "")) != self._token.encode() or "id" not in parts:
            raise failures.key_missing(self.title, reference)
        return unquote_to_bytes(parts["id"])

    # What follows runs in the one thread that touches the module.

    def _generate(self, session: Any, kind: Kind, label: str, identity: bytes) -> None:
        from pkcs11 import Attribute, KeyType, Mechanism

        type_, curve, mechanism = {
            Kind.SIGNING: (KeyType.EC_EDWARDS, _EDWARDS25519, Mechanism.EC_EDWARDS_KEY_PAIR_GEN),
            Kind.WALLET: (KeyType.EC, _SECP256K1, Mechanism.EC_KEY_PAIR_GEN),
        }[kind]
        parameters = session.create_domain_parameters(type_, {Attribute.EC_PARAMS: curve}, local=True)
        parameters.generate_keypair(
            mechanism=mechanism,
            store=True,
            label=label,
            id=identity,
            private_template={
                Attribute.SENSITIVE: True,
                Attribute.EXTRACTABLE: False,
                Attribute.SIGN: True,
                Attribute.DERIVE: False,
            },
        )

    def _find(self, session: Any, private: bool = True, **wanted: Any) -> Any:
        from pkcs11 import Attribute, ObjectClass

        names = {"label": Attribute.LABEL, "identity": Attribute.ID}
        template = {names[name]: value for name, value in wanted.items()}
        template[Attribute.CLASS] = ObjectClass.PRIVATE_KEY if private else ObjectClass.PUBLIC_KEY
        # To the end, since a search that is left open blocks the session.
        found = list(session.get_objects(template))
        return found[0] if found else None

    def _point(self, session: Any, kind: Kind, identity: bytes) -> bytes | None:
        from pkcs11 import Attribute

        key = self._find(session, private=False, identity=identity)
        if key is None:
            return None
        point = bytes(key[Attribute.EC_POINT])
        length = {Kind.SIGNING: 32, Kind.WALLET: 65}[kind]
        # An OCTET STRING by the standard; some modules give its content alone.
        return point[2:] if point[:2] == bytes([4, length]) and len(point) == length + 2 else point

    def _signature(self, session: Any, kind: Kind, identity: bytes, data: bytes) -> bytes | None:
        from pkcs11 import Mechanism

        key = self._find(session, identity=identity)
        if key is None:
            return None
        return bytes(key.sign(data, mechanism=Mechanism.EDDSA if kind is Kind.SIGNING else Mechanism.ECDSA))

    def _do(self, work: Callable[[Any], Answer], reference: str, *, again: bool = True) -> Answer:
        try:
            return self._turns().take(lambda: self._in_session(work, again), self._seconds)
        except TimeoutError:
            raise failures.unreachable(self.title) from None
        except AppError:
            raise
        except Exception as error:
            # No message of the library's is passed on: nobody knows what a maker puts into it.
            raise self._failure(type(error).__name__, reference) from None

    def _in_session(self, work: Callable[[Any], Answer], again: bool) -> Answer:
        if self._session is None:
            self._session = self._open()
            return work(self._session)
        try:
            # Cheap, and unlike a search it leaves nothing half done where the session is gone.
            self._session.generate_random(8)
            answer = work(self._session)
        except Exception as error:
            if type(error).__name__ not in _LOST:
                raise
            self._close()
            if not again:
                raise
        else:
            # None: no such key, or somebody logged this process out, and private keys are not shown to strangers.
            if answer is not None or not again:
                return answer
            self._close()
        self._session = self._open()
        return work(self._session)

    def _close(self) -> None:
        session, self._session = self._session, None
        with suppress(Exception):
            session.close()

    def _open(self) -> Any:
        try:
            import pkcs11
        except ImportError:
            raise failures.library_missing(self.title, "python-pkcs11") from None
        if self._pin_refused:
            raise failures.pin_wrong()
        try:
            library = pkcs11.lib(str(self._module))
        except Exception:
            raise failures.not_configured(self.title, "STACKMARK_PKCS11_MODULE to the maker's library") from None
        if not library.initialized:
            library.initialize()
        token = library.get_token(token_label=self._token)
        if pkcs11.TokenFlag.USER_PIN_FINAL_TRY in token.flags or pkcs11.TokenFlag.USER_PIN_LOCKED in token.flags:
            raise failures.pin_locked()
        try:
            return token.open(rw=True, user_pin=self._pin())
        except pkcs11.exceptions.UserAlreadyLoggedIn:
            return token.open(rw=True)
        except (pkcs11.exceptions.PinIncorrect, pkcs11.exceptions.PinInvalid, pkcs11.exceptions.PinLenRange):
            self._pin_refused = True
            raise failures.pin_wrong() from None

    def _pin(self) -> str:
        try:
            return self._pin_file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            raise failures.pin_missing(getattr(error, "strerror", None) or "it is no text") from None

    def _turns(self) -> Turn:
        """The thread of this process: a forked one has neither its parent's thread nor its sessions."""
        with self._lock:
            if self._turn is None or self._process != os.getpid():
                forked = self._turn is not None
                self._turn, self._process, self._session = Turn("pkcs11"), os.getpid(), None
                if forked:
                    self._turn.take(self._start_again, self._seconds)
            return self._turn

    def _start_again(self) -> None:
        import pkcs11

        pkcs11.lib(str(self._module)).reinitialize()

    def _failure(self, what: str, reference: str) -> AppError:
        if what in ("PinLocked", "PinExpired"):
            return failures.pin_locked()
        if what == "NoSuchKey":
            return failures.key_missing(self.title, reference)
        return failures.unreachable(self.title) if what in _AWAY else failures.failed(self.title, what)


def _label(owner: str, name: str) -> str:
    return f"{owner}-{name}"
