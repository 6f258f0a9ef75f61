"""One at a time, and never for ever."""

import threading

import pytest

from app.adapters.custody.turn import Turn


def test_calls_never_overlap_and_come_back_to_whoever_made_them() -> None:
    turn, inside, answers = Turn("test"), [0], [0] * 20

    def call(number: int) -> int:
        inside[0] += 1
        assert inside[0] == 1
        inside[0] -= 1
        return number * number

    def ask(number: int) -> None:
        answers[number] = turn.take(lambda: call(number), 10)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [number * number for number in range(20)]


def test_what_a_call_raises_is_raised_where_it_was_made() -> None:
    def call() -> None:
        raise LookupError("gone")

    turn = Turn("test")
    with pytest.raises(LookupError, match="gone"):
        turn.take(call, 10)
    assert turn.take(lambda: 7, 10) == 7


def test_a_call_that_hangs_is_waited_for_no_longer_than_told_and_those_behind_it_are_never_made() -> None:
    turn, release, made = Turn("test"), threading.Event(), []
    with pytest.raises(TimeoutError):
        turn.take(release.wait, 0.05)
    with pytest.raises(TimeoutError):
        turn.take(lambda: made.append("late"), 0.05)
    release.set()
    assert turn.take(lambda: made.append("now"), 10) is None
    assert made == ["now"]
