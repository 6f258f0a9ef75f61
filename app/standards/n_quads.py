"""RDF terms and quads as canonical N-Quads text.

Source: RDF Dataset Canonicalization (RDFC-1.0) section 5 and RDF 1.1 N-Quads: how a term is written so that equal terms
are equal text. A quad is four such texts; the text of a graph name is empty for the default graph.
"""

import re

Term = str
"""`<iri>`, `_:label`, or a literal: `"text"`, `"text"^^<datatype>`, `"text"@tag`."""
Quad = tuple[Term, Term, Term, Term]
"""Subject, predicate, object, graph name (or "")."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XSD = "http://www.w3.org/2001/XMLSchema#"

# What N-Quads cannot write between < and >, and what some reader takes for white space. Injection ends here.
_IRI = re.compile('[A-Za-z][A-Za-z0-9+.\\-]*:[^\\s\x00-\x20\x7f-\xa0<>"{}|^`\\\\\ud800-\udfff\ufeff\ufffe\uffff]*')
_ESCAPES = {
    **{code: f"\\u{code:04X}" for code in (*range(0x20), 0x7F, 0xFFFE, 0xFFFF)},
    **{ord(char): f"\\{short}" for char, short in zip('\b\t\n\f\r"\\', 'btnfr"\\', strict=True)},
}
_TO_ESCAPE = re.compile('[\x00-\x1f\x7f"\\\\\ufffe\uffff]')


class NotCanonicalisable(ValueError):
    """The document has no single canonical form we accept. `code` is stable; the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def is_iri(text: str) -> bool:
    """Whether `text` is an absolute IRI that can be written as `<text>` and is read back as the same."""
    return _IRI.fullmatch(text) is not None


def quoted(text: str) -> Term:
    """The literal `text` without a datatype. Lone surrogates are the caller's to refuse: UTF-8 has none."""
    return f'"{text.translate(_ESCAPES)}"' if _TO_ESCAPE.search(text) else f'"{text}"'


def line(quad: Quad) -> str:
    """One line of N-Quads, with its newline."""
    subject, predicate, value, graph = quad
    return f"{subject} {predicate} {value} {graph} .\n" if graph else f"{subject} {predicate} {value} .\n"
