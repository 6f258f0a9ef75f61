"""Nodes as people name them, and the rule of finality that goes with a chain."""

import pytest

from app.adapters.connecting import NamedNode, read_node
from app.anchoring.chains import PROFILES, finality_of
from app.errors import Refused


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("https://node.example/v1/key=abc", NamedNode("https://node.example/v1/key=abc")),
        ("http://127.0.0.1:8545", NamedNode("http://127.0.0.1:8545")),
        ("8453=https://node.example/?key=abc", NamedNode("https://node.example/?key=abc", 8453)),
    ],
)
def test_a_node_is_named_by_its_address_and_perhaps_its_chain(text: str, node: NamedNode) -> None:
    assert read_node(text) == node


@pytest.mark.parametrize(
    "text", ["", "node.example", "base=https://node.example", "=https://x", "9" * 30 + "=http://x"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        read_node(text)
    assert refused.value.code == "node_unreadable"


def test_a_chain_we_know_has_its_rule_and_another_has_none_of_its_own() -> None:
    assert finality_of(8453) == PROFILES["base"].finality
    assert finality_of(4242) is None
