"""PyLD as a second opinion. It drops what is undefined and gives up on nothing: ask it only what was accepted."""

import json
from collections.abc import Mapping
from typing import Any

from pyld import jsonld


def n_quads(document: Mapping[str, Any], contexts: Mapping[str, Any]) -> bytes:
    """URDNA2015 of a document whose contexts are URLs of `contexts`."""

    def load(url: str, options: Mapping[str, Any]) -> dict[str, Any]:
        found = {"@context": contexts[url]}
        return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": found}

    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": load}
    # PyLD keeps what it is given, and changes it.
    form: str = jsonld.normalize(json.loads(json.dumps(document)), options)
    return form.encode()
