"""A service's access tokens: got with the machine's own login, by the library of those who run the service.

This service is given no password of a cloud, and keeps none. The library looks for a login where its makers say, renews
a token before it ends, and may wait for a network that is not there: so it works in a thread of its own, and is not
waited for longer than `LOGIN_SECONDS`. What it found by then is there for the next who asks.
"""

import os
import threading
from collections.abc import Callable

from app.adapters.custody import failures
from app.adapters.custody.turn import Turn

LOGIN_SECONDS = 5.0


class Login:
    """`open_`: finds the machine's login and returns what gives a token that is good now, from memory if it can.

    Both raise errors of `failures`.
    """

    def __init__(self, title: str, open_: Callable[[], Callable[[], str]]) -> None:
        self._title = title
        self._open = open_
        self._give: Callable[[], str] | None = None
        self._lock = threading.Lock()
        self._turn: Turn | None = None
        self._process = 0
        self._last = ""

    def __repr__(self) -> str:
        return f"Login({self._title!r})"

    def token(self) -> str:
        """Raises `OutsideFailed` (custody_denied, custody_unreachable) and `Refused("custody_library_missing")`."""
        try:
            return self._turns().take(self._fetch, LOGIN_SECONDS)
        except TimeoutError:
            raise failures.unreachable(self._title) from None

    def forget(self, token: str) -> None:
        """The service does not take it any more: look for the login anew, unless somebody has done so since."""
        with self._lock:
            if token == self._last:
                self._give = None

    def _fetch(self) -> str:
        with self._lock:
            give = self._give
        if give is None:
            give = self._open()
        token = give()
        with self._lock:
            self._give, self._last = give, token
        return token

    def _turns(self) -> Turn:
        """The thread of this process: a forked one has not its parent's."""
        with self._lock:
            if self._turn is None or self._process != os.getpid():
                self._turn, self._process, self._give = Turn("login"), os.getpid(), None
            return self._turn
