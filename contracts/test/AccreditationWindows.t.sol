// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccreditationRegistry} from "../src/IAccreditationRegistry.sol";
import {SchemeTest} from "./support/SchemeTest.sol";

/// @title AccreditationWindowsTest
/// @notice For any windows, any moments: what counts, and that nothing counts backwards.
contract AccreditationWindowsTest is SchemeTest {
    function testFuzz_counts_within_its_window_and_from_its_block_at_the_earliest(
        uint64 from,
        uint64 until,
        uint64 time
    ) public {
        uint64 start = from < NOW ? NOW : from;
        if (until <= start) {
            vm.expectRevert(abi.encodeWithSelector(IAccreditationRegistry.WindowEmpty.selector, start, until));
            accredit(OPERATOR, AWARDING, LETTER, from, until);
            return;
        }
        accredit(OPERATOR, AWARDING, LETTER, from, until);
        (uint64 first, uint64 end, uint64 revokedAt) = registry.accreditationOf(SCHEME, AWARDING, LETTER);
        vm.assertEq(first, start, "from");
        vm.assertEq(end, until, "until");
        vm.assertEq(revokedAt, 0, "revoked at");
        countsAt(start, until, time);
        countsAt(start, until, start);
        countsAt(start, until, start - 1);
        countsAt(start, until, until);
        countsAt(start, until, until - 1);
    }

    function testFuzz_a_provider_is_accredited_only_while_its_parent_is(uint32[4] memory marks, uint32 asked)
        public
    {
        uint64 parentUntil = NOW + 1 + marks[0];
        uint64 from = NOW + marks[1];
        uint64 until = from + 1 + marks[2];
        uint64 revokedAt = NOW + marks[3];
        uint64 time = NOW + asked;
        accredit(OPERATOR, AWARDING, LETTER, NOW, parentUntil);
        accredit(AWARDING, COLLEGE, LICENCE, from, until);
        vm.warp(revokedAt);
        revoke(OPERATOR, AWARDING, COLLEGE, LICENCE);
        bool expected = time < parentUntil && time >= from && time < until && time < revokedAt;
        vm.assertEq(registry.isAccredited(COLLEGE, time), expected, "any");
        vm.assertEq(registry.isAccreditedBy(AWARDING, COLLEGE, time), expected, "that one");
        vm.assertEq(
            registry.isAccreditedThrough(AWARDING, LETTER, COLLEGE, LICENCE, time), expected, "through both"
        );
    }

    function testFuzz_one_revoked_before_it_begins_never_counts(uint64 time) public {
        accredit(OPERATOR, AWARDING, LETTER, NOW + YEAR, FOREVER);
        revoke(OPERATOR, SCHEME, AWARDING, LETTER);
        vm.assertFalse(registry.isAwardingOrganisation(AWARDING, time), "ever");
    }

    function testFuzz_of_many_accreditations_any_that_counts_is_enough(uint8[8] memory starts, uint16 asked)
        public
    {
        uint64 time = NOW + asked % 512;
        bool expected;
        for (uint256 i = 0; i < starts.length; ++i) {
            accredit(OPERATOR, AWARDING, bytes32(i + 1), NOW + starts[i], NOW + starts[i] + 16);
            expected = expected || (time >= NOW + starts[i] && time < NOW + starts[i] + 16);
        }
        vm.assertEq(registry.isAwardingOrganisation(AWARDING, time), expected, "any");
    }

    function testFuzz_nobody_but_operator_and_awarding_organisation_accredits(address caller) public {
        vm.assume(caller != OPERATOR && caller != AWARDING && caller != address(0));
        furnish();
        vm.expectRevert(abi.encodeWithSelector(IAccreditationRegistry.NotAccredited.selector, caller));
        accredit(caller, THIEF, RENEWED, NOW, FOREVER);
    }

    function countsAt(uint64 start, uint64 until, uint64 time) private view {
        vm.assertEq(registry.isAwardingOrganisation(AWARDING, time), time >= start && time < until, "counts");
    }
}
