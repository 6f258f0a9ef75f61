"""Documents made at random from the terms of the pinned contexts: some in order, most of them not."""

import json
from random import Random
from typing import Any

from app.adapters.contexts import pinned_contexts
from app.standards import open_badge, vc

CLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
OLDER = [f"https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.{number}.json" for number in (1, 2)]
CONTEXTS = pinned_contexts()
TEXTS = [
    "",
    " ",
    "Pass",
    "Zoë Ångström-Núñez e\u0301",
    "שלום \u202eabc",
    "👩🏽\u200d🎓 \U0010ffff \ufeff\u2028\u00a0",
    'say "hello" \\ \n\r\t',
    'x" . <urn:a> <urn:b> "',
    '"^^<urn:a>',
    "_:b0",
    "_:c14n0",
    "@id",
    "@none",
    "type",
    "name",
    "<urn:a>",
    "2026-07-01T00:00:00Z",
    "https://college.example/1",
    "urn:uuid:6f0e2d4b-0a1a-4a0d-8d0a-000000000001",
    "did:web:college.example#key",
    "assertionMethod",
    "xsd:date",
    "xsd://x",
    "cred:x",
    "https://schema.org/name",
    "https://é.example/ü?q=%20#f",
    "http:",
    "https://a.example/{x}",
    "https://a.example/a b",
    "relative/path",
    "VerifiableCredential",
]
NUMBERS = [0, 1, -1, 15, 15.0, 20.0, 7.5, -0.5, 0.1, 11 / 3, 1e-7, 1.5e300, 1e20, 1e21, 2**53 - 1, 1e-320, -0.0]
LANGUAGES = ["cy", "en-GB", "zh-Hant-TW", "x-private", "not a language", ""]
_KEYWORDS = ("id", "type")


def _definitions(contexts: dict[str, Any]) -> tuple[dict[str, list[str]], list[str]]:
    """Type -> members of its scope; and the members that need no type."""
    scoped: dict[str, set[str]] = {}
    free: set[str] = set()
    for context in contexts.values():
        for name, definition in context.items():
            inner = definition.get("@context") if isinstance(definition, dict) else None
            if name[0].isupper() or name[0].isdigit():
                scoped.setdefault(name, set()).update(inner or ())
            elif name[0] != "@" and name not in _KEYWORDS:
                free.add(name)
    members = {name: sorted(inner - {"@protected", *_KEYWORDS}) for name, inner in sorted(scoped.items())}
    return members, sorted(free)


SCOPED, FREE = _definitions(CONTEXTS)  # type: ignore[arg-type]


class Wild:
    """One document at a time, from a source of randomness."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def document(self) -> dict[str, Any]:
        contexts = self._contexts()
        document = self._node(depth=3)
        return {"@context": contexts, **document}

    def _contexts(self) -> list[str]:
        common = [vc.CONTEXT, open_badge.CONTEXT, open_badge.EXTENSIONS]
        if self._random.random() < 0.6:
            return [vc.CONTEXT, CLR, *common[1:]] if self._random.random() < 0.5 else common
        return self._random.sample(list(CONTEXTS), self._random.randint(1, 4))

    def _node(self, depth: int) -> dict[str, Any]:
        chance = self._random.random
        types = [self._random.choice(list(SCOPED)) for _ in range(self._random.choice((0, 1, 1, 1, 1, 2, 2, 3)))]
        if chance() < 0.03:
            types.append(self._random.choice(TEXTS))
        node: dict[str, Any] = {}
        if chance() < 0.4:
            node["id"] = self._random.choice(TEXTS[-14:-6] if chance() < 0.9 else TEXTS)
        if types or chance() < 0.05:
            node["type"] = types[0] if len(types) == 1 and chance() < 0.3 else types
        if depth < 3 and chance() < 0.12:
            contexts = self._contexts()
            node["@context"] = contexts[0] if chance() < 0.2 else contexts
        known = sorted({member for name in types for member in SCOPED.get(name, ())})
        for _ in range(self._random.randint(0, 6)):
            members = known if known and chance() < 0.75 else FREE
            node[self._random.choice(members)] = self._value(depth)
        if chance() < 0.01:
            node[self._random.choice(["invented", "@id", "urn:x", "@graph", "@included", ""])] = self._value(depth)
        names = list(node)
        self._random.shuffle(names)
        return {name: node[name] for name in names}

    def _value(self, depth: int) -> Any:
        kind = self._random.random()
        if kind < 0.25:
            return [self._item(depth) for _ in range(self._random.randint(0, 3))]
        if kind < 0.32:
            # The same part several times.
            return [json.loads(json.dumps(self._item(depth)))] * self._random.randint(2, 5)
        return self._item(depth)

    def _item(self, depth: int) -> Any:
        kind = self._random.random()
        if kind < 0.35 and depth:
            return self._node(depth - 1)
        if kind < 0.5:
            return self._random.choice(NUMBERS)
        if kind < 0.55:
            return self._random.choice([True, False, None])
        if kind < 0.57:
            return [self._random.choice(TEXTS)]
        if kind < 0.6:
            return {"@value": self._random.choice(TEXTS), "@language": self._random.choice(LANGUAGES)}
        return self._random.choice(TEXTS)
