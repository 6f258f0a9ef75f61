"""What can be earned: qualifications, units, occupations and their knowledge, skills and behaviours.

`identifiers` holds the rules of the sector's numbers, `model` the things a credential may name and their
rules, `seed` reads the facts packaged with the program, `store` keeps them in PostgreSQL, `service` is what
other packages call. A college adds its own units by loading a further `Catalogue` the same way. `frameworks` reads
official wording from files and `importing` puts it in the place of our summaries.

This package never decides who may issue an award, never holds a learner, and never states as fact what its
sources do not say: every record carries `verified` and the keys of its sources, a mapping from a unit to an
occupational statement is a proposal until a college confirms it, and the statements are short summaries, not
official wording. Official wording is imported per standard and version; a credential quotes that, not ours.

Data: contains public sector information licensed under the Open Government Licence v3.0;
© Skills England 2025, this information is licensed under the Open Government Licence. `Catalogue.attribution`
carries these lines and every page that shows the data shows them.
"""
