// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "../src/IAnchorRegistry.sol";
import {RegistryTest} from "./support/RegistryTest.sol";

/// @title ProfileTest
/// @notice A wallet says which DID it anchors for, for itself alone, and may say so anew.
contract ProfileTest is RegistryTest {
    string private constant DID = "did:web:credentials.college.example";

    function testFuzz_the_last_document_is_kept(bytes32 first, bytes32 second, address other) public {
        vm.assume(first != 0 && second != 0 && other != COLLEGE);
        vm.assertEq(registry.profileOf(COLLEGE), 0, "none yet");
        set(COLLEGE, DID, first);
        set(COLLEGE, DID, second);
        set(other, DID, first);
        vm.assertEq(registry.profileOf(COLLEGE), second, "document");
        vm.assertEq(registry.profileOf(other), first, "another's");
        vm.assertEq(registry.lastSize(COLLEGE), 0, "the log is left alone");
    }

    function test_refuses_a_profile_without_a_did_or_a_document() public {
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.ProfileIncomplete.selector));
        set(COLLEGE, "", ROOT_3);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.ProfileIncomplete.selector));
        set(COLLEGE, DID, 0);
    }

    function set(address wallet, string memory did, bytes32 document) private {
        vm.prank(wallet);
        registry.setProfile(did, document);
    }
}
