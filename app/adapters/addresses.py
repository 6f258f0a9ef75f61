"""Where a stranger's document may send us: https only, public addresses only, and to the address that was checked.

localhost is for development installations.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from urllib.parse import SplitResult

# IPv6 addresses with an IPv4 address inside, which may be one of ours: mapped, NAT64, 6to4, Teredo.
_TUNNELS = tuple(map(ipaddress.IPv6Network, ("::ffff:0:0/96", "64:ff9b::/96", "2002::/16", "2001::/32")))

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""(host, port) -> its addresses. Asked once for each document: what it answers is what is connected to."""


async def checked_target(parts: SplitResult, resolve: Resolve, *, allow_localhost: bool) -> str | None:
    """The URL with the host replaced by the address that was checked, or None when it is refused.

    Raises what `resolve` raises, and `ValueError` for an address that is none.
    """
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    local = host in ("localhost", "127.0.0.1") and allow_localhost
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        return None
    if parts.username or parts.password:
        return None
    addresses = [ipaddress.ip_address(address) for address in await resolve(host, port)]
    # One bad address among good ones is refused too: which of them is connected to must not matter.
    if not addresses or not all(address.is_loopback if local else _is_public(address) for address in addresses):
        return None
    chosen = next((address for address in addresses if address.version == 4), addresses[0])
    shown = f"[{chosen}]" if chosen.version == 6 else str(chosen)
    return parts._replace(netloc=f"{shown}:{port}", fragment="").geturl()


async def look_up(host: str, port: int) -> list[str]:
    """The system's own answer."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(item[4][0]) for item in found]


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and any(address in tunnel for tunnel in _TUNNELS):
        return False
    return address.is_global and not address.is_multicast
