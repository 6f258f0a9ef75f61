"""Keys in files: what whoever finds a file has to pay for each guess at its passphrase."""

import json
from pathlib import Path

from app.adapters.keystore import FileKeystore


def test_a_wallets_file_makes_each_guess_dear(tmp_path: Path) -> None:
    """256 MB and most of a second (scrypt, N=2^18, r=8), as Web3 Secret Storage has it: tests alone use less."""
    reference, _ = FileKeystore(tmp_path, lambda: "right").create_wallet("northgate")
    locked = json.loads((tmp_path / "keystores" / reference).read_bytes())["crypto"]
    paid = locked["kdfparams"]
    assert (locked["kdf"], paid["n"], paid["r"], paid["p"]) == ("scrypt", 2**18, 8, 1)
