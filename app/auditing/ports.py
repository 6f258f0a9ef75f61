"""What an audit needs of the outside: documents by their address, and one wallet's history on a chain."""

from collections.abc import Sequence
from typing import Protocol

from app.auditing.model import Fetched, History


class Host(Protocol):
    """Whoever publishes. Never raises: what cannot be had is an answer."""

    async def get(self, url: str, limit: int) -> Fetched:
        """At most `limit` bytes; more is a failure, never a part."""
        ...


class Ledger(Protocol):
    """A chain. Never raises: a dead network is evidence of nothing."""

    async def history(self, chain_id: int, contract: str, wallet: str, roots: Sequence[bytes]) -> History:
        """Everything `wallet` recorded in the registry, and when each of `roots` was."""
        ...
