"""Stacking: what a learner's credentials add up to, by published rule sets that anyone can run again.

    held                what a learner holds, as the rules see it
    pack                the rules of one award: groups of units, minimums, limits, what may be brought in, the grade
    rules               evaluate(pack, held, as_of) -> evaluation: a pure function, in three steps
      options             which credentials may count, and as what
      choosing            which of them count where, when there are several ways: exact
      explaining          one reason for each credential, what each group has, what is still to do
    packs               the packs shipped, and one read from its bytes (pack_checking, pack_reading, pack_format_1)
    awarding            what learners hold under lock, what that completes, the awards issued for it
    cascading           what becomes of an award when a part of it changes (cascade_policy, notices: the outbox)
    sign_off, approving complete stacks on which a person of the awarding organisation decides
    transferring        credit of other institutions, under signed agreements, for records that the learner linked
                        (linking); recognising: prior learning
    t_level             the overall result of a T Level, from published tables (t_level_rules, t_level_held)
    progression         what could be taken next (explorer, gaps, paths_published: the ladders of the catalogue)
    awarding, cascading how awards are made, and follow when a part changes (sign_off: where a person decides)
    profile, modules    what one learner can show; exports/ writes it in the formats of others

Decisions
- A pack never changes once published: an award names it by address and SHA-384 of its bytes, and a test pins every
  file. A correction is a new version in a new file; a format that was published once is read for ever.
- Every number is data of a pack with a date and a source. One vocabulary says most rules: what is counted (levels,
  origins, units, passed or not), and at least or at most how many credits of it. The pass floor, credit by level,
  residency, ceilings, caps on prior learning and on transfer are all that.
- The outcome depends on the pack, the credentials and the day asked about alone. What a credential was on that day
  counts, and which limits were in force. A currency rule is a window in which the parts must lie, not an age today.
- Of several valid choices: a complete award, then its best grade, then the fewest credits used, then most points, then
  identifiers. `choosing` is dynamic programming over the units; a test compares it with every combination.
  So one more credential can never undo an award or lower its grade.
- A unit counts once, in one group, with one credential; a credential of a unit counts in one place. An award that is
  brought forward counts whole or its units count one by one, never both.
- A pack that cannot be completed, or that one credential could satisfy twice, is refused when it is read: the last step
  of the check runs the rules on somebody who has everything. One that leaves too many ways ends with `pack_too_wide`
  after a fixed number of steps.
- A stacked award is issued the way every credential is (`credentials.issuing`), dated on the day its last part was
  earned. Its `creditsEarned` is what was passed: a compensated unit counts as attempted, not as earned.
- An award follows its parts. The same parts, one corrected: a new edition. Other parts: another award, and the old one
  is withdrawn. Not complete: withdrawn, in words that name the part. Where the reason leaves a choice, or an
  institution wants it so, a person decides. Each step is one transaction under one lock for each institution and the
  rows of all that the learner holds, so it may be repeated and cut off anywhere.
- A module of a course is an award too, for which approval for the parent course is needed. It uses up no credit.
- A T Level opens the door to level 4 and carries no level 4 credit; it is refused with those words. Its overall result
  is shown as evidence and never as an award: the award is made by the Department for Education.
- What a learner could take next is found by the rules themselves (`progression`). A path (`paths_published`,
  `explorer`) says an order of awards and counts nothing; every edge says on whose word it is, and if it is confirmed.
- An institution's statement on a rule set (`statements`) is a plain credential about the pack's bytes, not in the log.

This package never awards a qualification, which is the awarding organisation's to do, and never states an unverified
rule as fact: each pack lists which of its parts were read in a source and which were not.
"""
