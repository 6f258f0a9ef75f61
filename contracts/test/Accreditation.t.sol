// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccreditationRegistry} from "../src/IAccreditationRegistry.sol";
import {SchemeTest} from "./support/SchemeTest.sol";

/// @title AccreditationTest
/// @notice From the operator over awarding organisations to providers, and each way to be refused.
contract AccreditationTest is SchemeTest {
    function test_nobody_is_accredited_at_first_not_even_the_operator() public view {
        vm.assertFalse(registry.isAccredited(COLLEGE, NOW), "college");
        vm.assertFalse(registry.isAccredited(OPERATOR, NOW), "operator");
        vm.assertFalse(registry.isAccredited(SCHEME, NOW), "nobody");
        vm.assertFalse(registry.isAccreditedBy(SCHEME, COLLEGE, NOW), "by nobody");
        vm.assertEq(registry.parentsOf(COLLEGE).length, 0, "parents");
    }

    function test_the_operator_makes_awarding_organisations_and_they_make_providers() public {
        furnish();
        vm.assertTrue(registry.isAwardingOrganisation(AWARDING, NOW), "awarding organisation");
        vm.assertTrue(registry.isAccredited(AWARDING, NOW), "accredited");
        vm.assertTrue(registry.isAccredited(COLLEGE, NOW), "college");
        vm.assertTrue(registry.isAccreditedBy(AWARDING, COLLEGE, NOW), "by that one");
        vm.assertFalse(registry.isAccreditedBy(AWARDING_TOO, COLLEGE, NOW), "by another");
        vm.assertFalse(registry.isAwardingOrganisation(COLLEGE, NOW), "a college accredits nobody");
        vm.assertTrue(registry.isAccreditedThrough(AWARDING, LETTER, COLLEGE, LICENCE, NOW), "through both");
        vm.assertFalse(registry.isAccreditedThrough(AWARDING, LETTER, COLLEGE, RENEWED, NOW), "other licence");
        vm.assertFalse(registry.isAccreditedThrough(AWARDING, RENEWED, COLLEGE, LICENCE, NOW), "other letter");
        vm.assertEq(registry.parentsOf(COLLEGE)[0], AWARDING, "parent");
        vm.assertEq(registry.parentsOf(AWARDING).length, 0, "the scheme is no address");
        vm.assertEq(registry.digestsOf(AWARDING, COLLEGE)[0], LICENCE, "licence");
        vm.assertEq(registry.digestsOf(SCHEME, AWARDING)[0], LETTER, "letter");
    }

    function test_revoking_the_parent_ends_what_it_gave_but_not_what_was() public {
        furnish();
        vm.warp(NOW + 100);
        revoke(OPERATOR, SCHEME, AWARDING, LETTER);
        vm.assertTrue(registry.isAccredited(COLLEGE, NOW + 99), "the second before");
        vm.assertFalse(registry.isAccredited(COLLEGE, NOW + 100), "at once");
        vm.assertFalse(registry.isAccreditedBy(AWARDING, COLLEGE, NOW + 100), "by that one");
        vm.assertFalse(
            registry.isAccreditedThrough(AWARDING, LETTER, COLLEGE, LICENCE, NOW + 100), "through both"
        );
        vm.expectRevert(abi.encodeWithSelector(IAccreditationRegistry.NotAccredited.selector, AWARDING));
        accredit(AWARDING, COLLEGE, RENEWED, NOW, FOREVER);
    }

    function test_an_awarding_organisation_let_in_again_has_its_providers_again() public {
        furnish();
        vm.warp(NOW + 100);
        revoke(OPERATOR, SCHEME, AWARDING, LETTER);
        vm.warp(NOW + 200);
        accredit(OPERATOR, AWARDING, RENEWED, NOW, FOREVER);
        vm.assertFalse(registry.isAccredited(COLLEGE, NOW + 150), "the gap stays");
        vm.assertTrue(registry.isAccredited(COLLEGE, NOW + 200), "again");
    }

    function test_a_provider_of_two_awarding_organisations_keeps_the_one_when_the_other_falls() public {
        furnish();
        accredit(OPERATOR, AWARDING_TOO, LETTER, NOW, FOREVER);
        accredit(AWARDING_TOO, COLLEGE, LICENCE, NOW, FOREVER);
        vm.warp(NOW + 100);
        revoke(OPERATOR, SCHEME, AWARDING, LETTER);
        vm.assertTrue(registry.isAccredited(COLLEGE, NOW + 100), "the other still stands");
        revoke(AWARDING_TOO, AWARDING_TOO, COLLEGE, LICENCE);
        vm.assertFalse(registry.isAccredited(COLLEGE, NOW + 100), "none is left");
        vm.assertEq(registry.parentsOf(COLLEGE).length, 2, "both are on record");
    }

    function test_accreditations_side_by_side_are_revoked_one_by_one() public {
        furnish();
        accredit(AWARDING, COLLEGE, RENEWED, NOW, FOREVER);
        vm.assertEq(registry.parentsOf(COLLEGE).length, 1, "the parent once");
        vm.assertEq(registry.digestsOf(AWARDING, COLLEGE).length, 2, "both on record");
        vm.warp(NOW + 1);
        revoke(AWARDING, AWARDING, COLLEGE, RENEWED);
        vm.assertTrue(registry.isAccredited(COLLEGE, NOW + 1), "the first still stands");
        revoke(OPERATOR, AWARDING, COLLEGE, LICENCE);
        vm.assertFalse(registry.isAccredited(COLLEGE, NOW + 1), "none is left");
    }

    function test_a_parent_that_fell_may_still_revoke() public {
        furnish();
        revoke(OPERATOR, SCHEME, AWARDING, LETTER);
        revoke(AWARDING, AWARDING, COLLEGE, LICENCE);
        (,, uint64 revokedAt) = registry.accreditationOf(AWARDING, COLLEGE, LICENCE);
        vm.assertEq(revokedAt, NOW, "revoked at");
    }

    function test_nobody_else_revokes() public {
        furnish();
        vm.expectRevert(abi.encodeWithSelector(IAccreditationRegistry.NotTheParent.selector, THIEF));
        revoke(THIEF, AWARDING, COLLEGE, LICENCE);
        vm.expectRevert(abi.encodeWithSelector(IAccreditationRegistry.NotTheParent.selector, COLLEGE));
        revoke(COLLEGE, AWARDING, COLLEGE, LICENCE);
        vm.expectRevert(abi.encodeWithSelector(IAccreditationRegistry.NotTheParent.selector, AWARDING));
        revoke(AWARDING, SCHEME, AWARDING, LETTER);
    }

    function test_refuses_to_revoke_what_is_not_there_or_twice() public {
        furnish();
        vm.expectRevert(abi.encodeWithSelector(IAccreditationRegistry.NeverAccredited.selector, RENEWED));
        revoke(AWARDING, AWARDING, COLLEGE, RENEWED);
        revoke(AWARDING, AWARDING, COLLEGE, LICENCE);
        vm.warp(NOW + 5);
        vm.expectRevert(abi.encodeWithSelector(IAccreditationRegistry.RevokedBefore.selector, NOW));
        revoke(AWARDING, AWARDING, COLLEGE, LICENCE);
    }

    function test_a_college_accredits_nobody() public {
        furnish();
        vm.expectRevert(abi.encodeWithSelector(IAccreditationRegistry.NotAccredited.selector, COLLEGE));
        accredit(COLLEGE, THIEF, RENEWED, NOW, FOREVER);
    }

    function test_two_awarding_organisations_in_a_ring_prove_nothing_of_each_other() public {
        furnish();
        accredit(OPERATOR, AWARDING_TOO, LETTER, NOW, FOREVER);
        accredit(AWARDING, AWARDING_TOO, LICENCE, NOW, FOREVER);
        accredit(AWARDING_TOO, AWARDING, LICENCE, NOW, FOREVER);
        vm.warp(NOW + 1);
        revoke(OPERATOR, SCHEME, AWARDING, LETTER);
        revoke(OPERATOR, SCHEME, AWARDING_TOO, LETTER);
        vm.assertFalse(registry.isAccredited(AWARDING, NOW + 1), "one");
        vm.assertFalse(registry.isAccredited(AWARDING_TOO, NOW + 1), "the other");
    }

    function test_refuses_nobody_and_oneself_as_child() public {
        vm.expectRevert(abi.encodeWithSelector(IAccreditationRegistry.ChildNotPossible.selector, address(0)));
        accredit(OPERATOR, address(0), LETTER, NOW, FOREVER);
        vm.expectRevert(abi.encodeWithSelector(IAccreditationRegistry.ChildNotPossible.selector, OPERATOR));
        accredit(OPERATOR, OPERATOR, LETTER, NOW, FOREVER);
    }

    function test_refuses_an_accreditation_without_a_credential() public {
        vm.expectRevert(abi.encodeWithSelector(IAccreditationRegistry.ZeroDigest.selector));
        accredit(OPERATOR, AWARDING, 0, NOW, FOREVER);
    }

    function test_refuses_the_same_credential_again_even_revoked() public {
        furnish();
        bytes memory refusal =
            abi.encodeWithSelector(IAccreditationRegistry.AccreditedBefore.selector, LICENCE);
        vm.expectRevert(refusal);
        accredit(AWARDING, COLLEGE, LICENCE, NOW, FOREVER);
        revoke(AWARDING, AWARDING, COLLEGE, LICENCE);
        vm.expectRevert(refusal);
        accredit(AWARDING, COLLEGE, LICENCE, NOW, FOREVER);
    }

    function test_nobody_else_can_use_up_a_digest() public {
        accredit(OPERATOR, AWARDING, LETTER, NOW, FOREVER);
        accredit(OPERATOR, AWARDING_TOO, LETTER, NOW, FOREVER);
        accredit(AWARDING_TOO, COLLEGE, LICENCE, NOW, FOREVER);
        accredit(AWARDING, COLLEGE, LICENCE, NOW, FOREVER);
        vm.assertTrue(registry.isAccreditedBy(AWARDING, COLLEGE, NOW), "its own");
    }

    function test_a_stranger_is_no_awarding_organisation() public {
        vm.expectRevert(abi.encodeWithSelector(IAccreditationRegistry.NotAccredited.selector, THIEF));
        accredit(THIEF, COLLEGE, LICENCE, NOW, FOREVER);
    }

    function test_an_awarding_organisation_waits_for_its_window() public {
        accredit(OPERATOR, AWARDING, LETTER, NOW + YEAR, FOREVER);
        vm.expectRevert(abi.encodeWithSelector(IAccreditationRegistry.NotAccredited.selector, AWARDING));
        accredit(AWARDING, COLLEGE, LICENCE, NOW, FOREVER);
        vm.warp(NOW + YEAR);
        accredit(AWARDING, COLLEGE, LICENCE, NOW, FOREVER);
    }
}
