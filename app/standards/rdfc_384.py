"""RDF Dataset Canonicalization (RDFC-1.0) with SHA-384, as ecdsa-rdfc-2019 wants it for P-384 keys.

Source: W3C Data Integrity ECDSA Cryptosuites v1.0, section 3.2.3: the hash function of the key is used inside the
canonicalisation too. Documents with one blank node come out the same by either hash, which hides the difference.
"""

import pyoxigraph as ox


def relabelled(n_quads: bytes) -> bytes:
    """The SHA-384 form of a dataset given in its SHA-256 form, whose cost was bounded when that was made.

    The bound holds for both: it counts blank nodes of equal first-degree hash, and those are equal by any hash.
    """
    dataset = ox.Dataset(ox.parse(n_quads, format=ox.RdfFormat.N_QUADS))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0_SHA_384)
    serialised = ox.serialize(dataset, format=ox.RdfFormat.N_QUADS)
    return b"".join(sorted((serialised or b"").splitlines(keepends=True)))
