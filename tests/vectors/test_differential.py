"""Five hundred documents, half of them changed after signing: three verifiers that share no code must agree on each.

Ours, openvc-core (Python) and DCC's (JavaScript, network off). A document is made from a seed, so that a disagreement
can be made again.
"""

import random
from typing import Any

from tests.unit.standards import sample
from tests.vectors.test_foreign_verifiers import FAST, NAMES, openvc, ours, theirs

COUNT = 500


def made(seed: int) -> dict[str, Any]:
    """A signed credential, different in every part that learners and colleges fill in."""
    chance = random.Random(seed)
    credits_earned = chance.choice([None, 0, 15, 20.0, 7.5, 120])
    document = sample.credential(
        seed,
        alignments=chance.choice([0, 1, 3, 15]),
        learner_name=chance.choice(NAMES)
        + "".join(chr(chance.choice([65, 233, 0x3B1, 0x5D0, 0x1F600])) for _ in range(5)),
        grade=chance.choice([None, "Pass", "Distinction*", "A*", " "]),
        credits_earned=credits_earned,
    )
    if chance.random() < 0.3:
        document["description"] = chance.choice(["", "\t\n", "x" * 500, '"\\'])
    if chance.random() < 0.3:
        document["validUntil"] = f"20{chance.randrange(30, 99)}-01-01T00:00:00Z"
    if chance.random() < 0.2:
        document["issuer"] = sample.DID
    return sample.signed(document, FAST)


def mutated(seed: int) -> dict[str, Any]:
    """The same, with one of its texts, numbers or truth values changed."""
    chance = random.Random(-seed)
    copies = [copy for _, copy in sample.changed_leaves(made(seed))]
    return chance.choice(copies)


def test_three_verifiers_agree_on_every_document() -> None:
    documents = [made(seed) for seed in range(COUNT // 2)] + [mutated(seed) for seed in range(COUNT // 2)]
    answers = theirs(documents)
    disagreements = [
        (place, verdicts)
        for place, (document, answer) in enumerate(zip(documents, answers, strict=True))
        if len(set(verdicts := (ours(document), openvc(document), bool(answer["verified"])))) > 1
    ]
    assert disagreements == []
    # And what they agree on is the truth.
    assert [ours(document) for document in documents] == [True] * (COUNT // 2) + [False] * (COUNT // 2)
