"""One thread through which every call into a library passes: one at a time, none waited for longer than a limit."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TypeVar

Answer = TypeVar("Answer")


class Turn:
    """Calls made from any thread are done one after the other in a thread of its own."""

    def __init__(self, name: str) -> None:
        self._waiting: SimpleQueue[tuple[Callable[[], object], Future[object]]] = SimpleQueue()
        # A call that never comes back must not keep the process from ending.
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def take(self, call: Callable[[], Answer], seconds: float) -> Answer:
        """What `call` returns or raises. Raises `TimeoutError` when it has not ended in time.

        A call that has not begun by then is never made.
        """
        future: Future[Answer] = Future()
        self._waiting.put((call, future))  # type: ignore[arg-type]
        try:
            return future.result(seconds)
        except TimeoutError:
            future.cancel()
            raise

    def _work(self) -> None:
        while True:
            call, future = self._waiting.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:
                future.set_exception(error)
            # Held on to until the next call otherwise, with what they close over.
            del call, future
