"""On which line of a JSON text each of its values begins, so that an error can name the line a person has to mend.

For texts that `strict_json` has read already: nothing here checks the grammar again.
"""

import json
import re
from typing import Final

Path = tuple[str | int, ...]

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def lines_of(text: str) -> dict[Path, int]:
    """Path of members and places -> line (from 1). The whole is the empty path."""
    found: dict[Path, int] = {}
    # One entry for each open list or object: where the next value in it goes, or None while a name is waited for.
    open_at: list[tuple[Path, str | int | None]] = []
    line, seen = 1, 0
    for token in _TOKEN.finditer(text):
        line += text.count("\n", seen, token.start())
        seen = token.start()
        word = token.group()
        if word == ",":
            path, at = open_at[-1]
            open_at[-1] = (path, at + 1 if isinstance(at, int) else None)
        elif word in "}]":
            open_at.pop()
        elif word != ":":
            inside, at = open_at[-1] if open_at else ((), None)
            if open_at and at is None:
                # The name of a member: its value is found under it, and where it stands is where the member is.
                name = _unquoted(word)
                open_at[-1] = (inside, name)
                found[(*inside, name)] = line
                continue
            path = (*inside, at) if open_at and at is not None else ()
            found.setdefault(path, line)
            if word == "{":
                open_at.append((path, None))
            elif word == "[":
                open_at.append((path, 0))
    return found


def line_of(lines: dict[Path, int], path: Path) -> int:
    """The line of a value, or of the nearest thing around it that is there."""
    while path not in lines and path:
        path = path[:-1]
    return lines.get(path, 1)


def _unquoted(word: str) -> str:
    return str(json.loads(word))
