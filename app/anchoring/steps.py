"""What the steps of a log's walk work with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.anchoring.fees import SendingPolicy
from app.anchoring.ports import Chain, ReceiptSigner, Wallet


@dataclass(frozen=True, slots=True)
class Steps:
    """`signer_of` gives the receipt signer of an owner, for one transaction; `finality` is named in receipts."""

    engine: AsyncEngine
    chain: Chain
    wallet: Wallet
    signer_of: Callable[[AsyncConnection, UUID], Awaitable[ReceiptSigner]]
    finality: str
    now: Callable[[], datetime]
    policy: SendingPolicy = field(default_factory=SendingPolicy)
