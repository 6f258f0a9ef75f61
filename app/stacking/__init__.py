"""Stacking: what a learner's credentials add up to, by published rule sets that anyone can run again.

A rule pack is a versioned JSON file: the units of a qualification in groups, the credits that must be
passed, the points of each grade. `rules.evaluate` is a pure function of the credentials held and one
pack. It gives every credential exactly one reason, counted or refused, and says what is still missing.

Decisions
- A pack never changes once published: an award names it by address and SHA-384 of its bytes, and a test
  pins every file. A correction is a new version in a new file.
- The outcome depends on the credentials and the pack alone, not on their order and not on the day it is
  asked: a currency rule is a window in which the parts must lie, so two people who run the rules in
  different years agree.
- Of several valid choices the one with most credits counts, then most credits passed, then most points,
  then the unit ids in order. Credits passed come before points so that one more credential can never undo
  an award.
- The result of a unit counts once, with its best grade. A unit is in one group of a pack at most.
- A stacked award is issued the way every credential is (`credentials.issuing`), dated on the day its last
  part was earned. Its `creditsEarned` is the sum of its parts': a compensated unit counts as attempted,
  not as earned.
- A T Level opens the door to level 4 and carries no level 4 credit; it is refused with those words.
- Credit awarded by another institution is not counted: prior learning is decided by people, not by a sum.

- What a learner could take next is found by the rules themselves (`progression`). A path (`paths_published`,
  `explorer`) says an order of awards and counts nothing; every edge says on whose word it is, and if it is confirmed.
- An institution's statement on a rule set (`statements`) is a plain credential about the pack's bytes, not in the log.
- The overall result of a T Level is read from published tables (`t_level`, `t_level_rules`), as evidence and never
  as an award: it is shown in the profile (`t_level_held`) and no credential is made of it.

This package never withdraws an award: when a part is withdrawn it recomputes, and people decide. It never
awards a qualification, which is the awarding organisation's to do, and never states an unverified rule as
fact: each pack lists which of its parts were read in a source and which were not.
"""
