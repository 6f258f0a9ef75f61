"""The canonical form of a stranger's document, from parsed JSON to sorted N-Quads: nothing is known of it before.

Measured on a badge with 15 alignments (about 5 kB, 180 statements) and on a Comprehensive Learner Record with 16 such
badges inside, signed, each with contexts of its own. Unit: milliseconds of processor time per document. Against: PyLD
and pyoxigraph on the same documents, with the same pinned contexts and the same bytes as the outcome.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.adapters.contexts import canonicaliser
from app.standards import open_badge, vc
from app.standards.compiled_shape import ShapeCache
from app.standards.data_integrity import CanonicalForm
from benchmarks import material, references
from benchmarks.figures import Section, race
from benchmarks.scale import Scale

_CLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
_ALIGNMENTS = 15
_BADGES = 16


def measure(scale: Scale, folder: Path) -> Section:
    """Canonical forms alone; `folder` holds the key file."""
    college = material.college(folder)
    institution = college.identity.institution
    badges = [_aligned(document) for document in material.credentials(institution, _BADGES)]
    issuer = college.issuer(canonicaliser())
    record = {
        "@context": [vc.CONTEXT, _CLR, *open_badge.CONTEXTS[1:]],
        "id": f"{institution.page_url}/record",
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": "Record",
        "issuer": {"id": institution.did, "type": ["Profile"], "name": institution.name},
        "validFrom": badges[0]["validFrom"],
        "credentialSubject": {
            "type": ["ClrSubject"],
            "identifier": badges[0]["credentialSubject"]["identifier"],
            "verifiableCredential": [issuer.sign(badge, material.NOW)[0] for badge in badges],
        },
    }
    full, pyld, pyoxigraph = canonicaliser(), references.PyLd(), references.PyOxigraph()
    compiled = ShapeCache(full)
    section = Section("Canonical form of one document")
    for name, document, times in (
        (f"badge with {_ALIGNMENTS} alignments", badges[0], scale.slow_documents),
        (f"record with {_BADGES} signed badges inside", record, max(1, scale.slow_documents // _BADGES)),
    ):
        assert full.n_quads(document) == compiled.n_quads(document) == pyld.n_quads(document)
        assert full.n_quads(document) == pyoxigraph.n_quads(document)

        def of(form: CanonicalForm, times: int, document: Mapping[str, Any] = document) -> Any:
            return references.repeated(lambda: form.n_quads(document), times)

        taken = race(
            {
                "full": of(full, 10 * times),
                "compiled": of(compiled, 10 * times),
                "pyld": of(pyld, times),
                "ox": of(pyoxigraph, times),
            },
            scale.rounds,
        )
        mine = taken["full"]
        for against, key in ((references.PYLD, "pyld"), (references.PYOXIGRAPH, "ox")):
            section.add(f"{name}", mine.milliseconds, "ms", mine.slower_than(taken[key]), against)
        if compiled.is_compiled(document):
            times_full = taken["compiled"].slower_than(mine)
            section.add(f"{name}, shape known", taken["compiled"].milliseconds, "ms", times_full, name)
        for label, key in ((references.PYLD, "pyld"), (references.PYOXIGRAPH, "ox")):
            section.add(label, taken[key].milliseconds, "ms", 1.0, "reference")
        size = len(json.dumps(document))
        section.notes.append(f"The {name}: {size:,} bytes, {full.n_quads(document).count(10):,} statements.")
    return section


def _aligned(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with as many different alignments as the reference figures of this field have."""
    copy: dict[str, Any] = json.loads(json.dumps(document))
    achievement = copy["credentialSubject"]["achievement"]
    few = achievement["alignment"]
    achievement["alignment"] = [
        few[number % len(few)] | {"targetCode": f"K{number}", "targetUrl": f"https://standards.example/K{number}"}
        for number in range(_ALIGNMENTS)
    ]
    return copy
