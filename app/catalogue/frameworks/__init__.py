"""Official wording of occupational standards, read from files: CASE 1.1 packages and Skills England's JSON. Pure.

`reading` tells the two apart and bounds them; `case` and `skills_england` read one each into a `model.Framework`;
`model.plan` says what an import would change. `app.catalogue.importing` does it.

Decisions
- A code belongs to one version of one standard. A file that names no version, or several, is refused as a whole; a row
  of another version is refused alone.
- A row that cannot be read for certain is refused and named; nothing is guessed from its place in a list. Every row of
  a code that stands twice is refused: none is known to be the right one.
- Nothing is ever deleted: credentials name statements for as long as they live.
- Duties are left aside: no statement depends on them.
"""
