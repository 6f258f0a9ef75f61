"""What a Safe's owners are asked to sign, and what they have signed, as files.

    <wallets>/proposals/<digest>/proposal.json      what is to be signed, with the typed data for an owner's own wallet
                                 <owner>.signature  one file for each owner who has
                                 whole.signature    of a statement: what the Safe itself has agreed to

Nothing in a file is believed: the digest is computed anew, and each signature is held against it.
"""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_utils.address import to_checksum_address

from app.adapters.custody.safe import SafeMessage, SafeTransaction, signed_by, signers_of
from app.adapters.evm import anchor_transaction
from app.anchoring.model import AnchorCall, Fees
from app.errors import NotFound, Refused


@dataclass(frozen=True, slots=True)
class Proposal:
    """A checkpoint for a Safe to anchor."""

    transaction: SafeTransaction
    root: bytes
    tree_size: int

    @property
    def safe(self) -> str:
        return self.transaction.safe

    @property
    def digest(self) -> bytes:
        return self.transaction.digest

    @property
    def name(self) -> str:
        return self.digest.hex()

    def document(self) -> dict[str, Any]:
        sent = self.transaction
        return {
            "safeTxHash": "0x" + self.name,
            "chainId": sent.chain_id,
            "safe": sent.safe,
            "contract": sent.to,
            "nonce": sent.nonce,
            "root": self.root.hex(),
            "treeSize": self.tree_size,
            "typedData": sent.typed_data(),
        }


@dataclass(frozen=True, slots=True)
class Statement:
    """Words for a Safe to say: whom it anchors for."""

    message: SafeMessage

    @property
    def safe(self) -> str:
        return self.message.safe

    @property
    def digest(self) -> bytes:
        return self.message.digest

    @property
    def name(self) -> str:
        return self.digest.hex()

    def document(self) -> dict[str, Any]:
        said = self.message
        return {
            "safeMessageHash": "0x" + self.name,
            "chainId": said.chain_id,
            "safe": said.safe,
            "text": said.text,
            "typedData": said.typed_data(),
        }


Asked = Proposal | Statement


def proposal_of(chain_id: int, safe: str, contract: str, root: bytes, tree_size: int, nonce: int) -> Proposal:
    """The proposal to anchor a checkpoint as the Safe's transaction number `nonce`."""
    call = AnchorCall(chain_id, contract, 0, root, tree_size, Fees(0, 0))
    data: bytes = anchor_transaction(call)["data"]
    addresses = to_checksum_address(safe), to_checksum_address(contract)
    return Proposal(SafeTransaction(chain_id, *addresses, data, nonce), root, tree_size)


def statement_of(chain_id: int, safe: str, text: str) -> Statement:
    return Statement(SafeMessage(chain_id, to_checksum_address(safe), text))


class ProposalFiles:
    """The proposals of an installation. `folder` is made when the first one is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, asked: Asked) -> None:
        """What is there already stays as it is."""
        folder = self._folder / asked.name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_once(folder / "proposal.json", json.dumps(asked.document(), indent=2))

    def holds(self, asked: Asked) -> bool:
        return self.file(asked).exists()

    def find(self, name: str) -> Asked:
        """Raises `NotFound("proposal_unknown")` or `Refused("proposal_altered")`."""
        name = name.removeprefix("0x").lower()
        try:
            # A name given by a person is no path.
            bytes.fromhex(name)
        except ValueError:
            raise _unknown() from None
        try:
            given = json.loads((self._folder / name / "proposal.json").read_text(encoding="utf-8"))
        except OSError:
            raise _unknown() from None
        except ValueError:
            raise _altered(name) from None
        try:
            found = _read(given)
        except (KeyError, TypeError, ValueError):
            raise _altered(name) from None
        # What owners are shown is what they sign.
        if found.name != name or found.document() != given:
            raise _altered(name)
        return found

    def list_all(self, safe: str | None = None) -> tuple[Asked, ...]:
        """Those of a Safe, or all: statements, then checkpoints by nonce and size. Raises as `find`."""
        found = [self.find(file.parent.name) for file in self._folder.glob("*/proposal.json")]
        wanted = [one for one in found if safe is None or one.safe == to_checksum_address(safe)]
        return tuple(sorted(wanted, key=_place))

    def file(self, asked: Asked) -> Path:
        """Where it lies, with the typed data for an owner's wallet in it."""
        return self._folder / asked.name / "proposal.json"

    def add(self, asked: Asked, signer: str, signature: bytes) -> None:
        """In the place of whatever lies there under the signer's name."""
        _replace(self._folder / asked.name / f"{signer}.signature", signature.hex())

    def signatures(self, asked: Asked) -> dict[str, bytes]:
        """Whoever signed -> what; whether they are owners is for the Safe to say."""
        found = {}
        for file in (self._folder / asked.name).glob("0x*.signature"):
            with suppress(ValueError):
                known = signed_by(asked.digest, bytes.fromhex(file.read_text(encoding="ascii")))
                if known is not None:
                    found[known[0]] = known[1]
        return found

    def finish(self, statement: Statement, whole: bytes) -> None:
        """Keep what the Safe has agreed to; it takes the place of what it agreed to before."""
        _replace(self._whole(statement), whole.hex())

    def finished(self, statement: Statement) -> bytes | None:
        try:
            whole = bytes.fromhex(self._whole(statement).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None
        return whole if signers_of(statement.digest, whole) else None

    def _whole(self, statement: Statement) -> Path:
        return self._folder / statement.name / "whole.signature"


def read_signatures(data: bytes) -> tuple[str, tuple[bytes, ...]]:
    """(the proposal's hash, signatures) of a file: JSON with `safeTxHash` or `safeMessageHash`, and a list `signatures`
    of hexadecimal texts.

    Raises `Refused("signatures_unreadable")`.
    """
    try:
        given = json.loads(data)
        name = given["safeTxHash" if "safeTxHash" in given else "safeMessageHash"]
        return str(name), tuple(bytes.fromhex(one.removeprefix("0x")) for one in given["signatures"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Refused(
            "signatures_unreadable",
            'The file must be JSON such as {"safeTxHash": "0x…", "signatures": ["0x…", "0x…"]}.',
        ) from None


def _read(given: Any) -> Asked:
    if "text" in given:
        return statement_of(int(given["chainId"]), given["safe"], str(given["text"]))
    numbers = int(given["chainId"]), int(given["treeSize"]), int(given["nonce"])
    return proposal_of(numbers[0], given["safe"], given["contract"], bytes.fromhex(given["root"]), *numbers[1:])


def _place(asked: Asked) -> tuple[int, int]:
    return (asked.transaction.nonce, asked.tree_size) if isinstance(asked, Proposal) else (-1, 0)


def _write_once(path: Path, text: str) -> None:
    """Whole or not at all, and never over what is there: two people may do the same at once."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    try:
        os.link(partial, path)
    except FileExistsError:
        return
    finally:
        partial.unlink()


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text, encoding="ascii")
    partial.replace(path)


def _unknown() -> NotFound:
    return NotFound("proposal_unknown", "There is no such proposal here.")


def _altered(name: str) -> Refused:
    return Refused(
        "proposal_altered", f"The file of proposal 0x{name} is not as it was made. Delete it; it is made again."
    )
