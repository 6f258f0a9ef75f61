// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RegistryTest} from "./support/RegistryTest.sol";
import {Tree} from "./support/Tree.sol";

/// @title InclusionTest
/// @notice A leaf of an anchored log is found; whatever else is claimed of it is not, and never as an error.
contract InclusionTest is RegistryTest {
    uint256 private constant MOST_LEAVES = 40;

    function testFuzz_every_leaf_of_every_tree_is_found(uint256 count, uint256 index, uint256 seed) public {
        (bytes32[] memory leaves, bytes32 root, uint64 place) = grown(count, index, seed);
        vm.assertTrue(
            registry.verifyInclusion(COLLEGE, root, leaves[place], place, Tree.path(leaves, place)), "found"
        );
    }

    function testFuzz_no_changed_byte_is_found(uint256 count, uint256 index, uint256 seed, uint256 bit)
        public
    {
        (bytes32[] memory leaves, bytes32 root, uint64 place) = grown(count, index, seed);
        bytes32[] memory path = Tree.path(leaves, place);
        // One bit of all that is claimed: of the leaf, of one hash of the path, of the root.
        uint256 chosen = bit % (256 * (path.length + 2));
        bytes32 flip = bytes32(1 << (chosen % 256));
        bytes32 leaf = leaves[place];
        if (chosen / 256 == 0) leaf ^= flip;
        else if (chosen / 256 == 1) root ^= flip;
        else path[chosen / 256 - 2] ^= flip;
        vm.assertFalse(registry.verifyInclusion(COLLEGE, root, leaf, place, path), "anchored");
        vm.assertFalse(registry.provesInclusion(root, uint64(leaves.length), leaf, place, path), "given");
    }

    function testFuzz_no_other_place_is_found(uint256 count, uint256 index, uint256 seed, uint64 other)
        public
    {
        (bytes32[] memory leaves, bytes32 root, uint64 place) = grown(count, index, seed);
        vm.assume(other != place);
        vm.assertFalse(
            registry.verifyInclusion(COLLEGE, root, leaves[place], other, Tree.path(leaves, place)),
            "any place"
        );
        uint64 near = other % uint64(leaves.length);
        vm.assume(near != place);
        vm.assertFalse(
            registry.verifyInclusion(COLLEGE, root, leaves[place], near, Tree.path(leaves, place)),
            "in the tree"
        );
    }

    function testFuzz_no_longer_or_shorter_path_is_found(
        uint256 count,
        uint256 index,
        uint256 seed,
        bytes32 extra
    ) public {
        (bytes32[] memory leaves, bytes32 root, uint64 place) = grown(count, index, seed);
        bytes32[] memory path = Tree.path(leaves, place);
        bytes32[] memory longer = new bytes32[](path.length + 1);
        bytes32[] memory shorter = new bytes32[](path.length == 0 ? 0 : path.length - 1);
        for (uint256 i = 0; i < path.length; ++i) {
            longer[i] = path[i];
            if (i < shorter.length) shorter[i] = path[i];
        }
        longer[path.length] = extra;
        vm.assertFalse(registry.verifyInclusion(COLLEGE, root, leaves[place], place, longer), "longer");
        if (path.length == 0) return;
        vm.assertFalse(registry.verifyInclusion(COLLEGE, root, leaves[place], place, shorter), "shorter");
    }

    function testFuzz_an_inner_node_is_no_leaf_of_the_anchored_tree(uint256 count, uint256 seed) public {
        (bytes32[] memory leaves, bytes32 root,) = grown(count, 0, seed);
        vm.assume(leaves.length > 2);
        bytes32[] memory path = Tree.path(leaves, 0);
        bytes32 node = sha256(abi.encodePacked(bytes1(0x01), leaves[0], leaves[1]));
        bytes32[] memory above = new bytes32[](path.length - 1);
        for (uint256 i = 0; i < above.length; ++i) {
            above[i] = path[i + 1];
        }
        vm.assertFalse(
            registry.verifyInclusion(COLLEGE, root, node, 0, above), "the anchored size forbids it"
        );
        // Where the size is the claimant's word, nothing does: what `provesInclusion` warns of.
        vm.assertTrue(
            registry.provesInclusion(root, uint64((leaves.length + 1) / 2), node, 0, above), "halved size"
        );
    }

    function testFuzz_nothing_thrown_together_is_found(
        bytes32 root,
        uint64 size,
        bytes32 leaf,
        uint64 index,
        bytes32[] calldata path
    ) public view {
        // The only tree without any hashing is of one leaf, which is its own root.
        vm.assume(root != leaf);
        vm.assertFalse(registry.provesInclusion(root, size, leaf, index, path), "given");
        vm.assertFalse(registry.verifyInclusion(COLLEGE, root, leaf, index, path), "anchored");
    }

    function test_the_log_of_one_leaf_is_the_leaf() public {
        anchorAs(COLLEGE, ROOT_3, 1);
        vm.assertTrue(registry.verifyInclusion(COLLEGE, ROOT_3, ROOT_3, 0, new bytes32[](0)), "the leaf");
        vm.assertFalse(registry.verifyInclusion(COLLEGE, ROOT_3, ROOT_3, 1, new bytes32[](0)), "the next");
        vm.assertFalse(registry.verifyInclusion(COLLEGE, ROOT_3, ROOT_3, 0, new bytes32[](1)), "a path");
    }

    function test_nothing_is_in_a_tree_that_nobody_anchored() public view {
        vm.assertFalse(registry.verifyInclusion(COLLEGE, ROOT_3, ROOT_3, 0, new bytes32[](0)), "unknown root");
        vm.assertFalse(registry.verifyInclusion(COLLEGE, 0, 0, 0, new bytes32[](0)), "no root");
    }

    function test_a_leaf_of_one_wallet_is_not_found_under_another() public {
        (bytes32[] memory leaves, bytes32 root, uint64 place) = grown(7, 4, 1);
        vm.assertFalse(
            registry.verifyInclusion(OTHER, root, leaves[place], place, Tree.path(leaves, place)), ""
        );
    }

    function test_a_leaf_stays_found_under_an_old_checkpoint() public {
        (bytes32[] memory leaves, bytes32 root, uint64 place) = grown(7, 4, 1);
        anchorAs(COLLEGE, ROOT_7, 100);
        vm.assertTrue(
            registry.verifyInclusion(COLLEGE, root, leaves[place], place, Tree.path(leaves, place)), ""
        );
    }

    function test_a_leaf_is_not_found_once_its_anchor_is_disowned() public {
        (bytes32[] memory leaves, bytes32 root, uint64 place) = grown(7, 4, 1);
        bytes32[] memory path = Tree.path(leaves, place);
        vm.warp(NOW + 10);
        vm.prank(COLLEGE);
        registry.disown(NOW + 1);
        vm.assertTrue(registry.verifyInclusion(COLLEGE, root, leaves[place], place, path), "anchored before");
        vm.prank(COLLEGE);
        registry.disown(NOW);
        vm.assertFalse(registry.verifyInclusion(COLLEGE, root, leaves[place], place, path), "at that moment");
    }

    /// @dev Anchors a log of 1 to 40 leaves; the place is one of them.
    function grown(uint256 count, uint256 index, uint256 seed)
        private
        returns (bytes32[] memory leaves, bytes32 root, uint64 place)
    {
        leaves = Tree.leaves(1 + count % MOST_LEAVES, seed);
        root = Tree.root(leaves, 0, leaves.length);
        place = uint64(index % leaves.length);
        anchorAs(COLLEGE, root, uint64(leaves.length));
    }
}
