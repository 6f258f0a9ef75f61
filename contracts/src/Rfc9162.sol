// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Rfc9162
/// @notice The inclusion proof of RFC 9162, section 2.1.3.2, with the SHA-256 that every EVM chain has built in.
library Rfc9162 {
    /// @dev What stands before the two halves of an inner node, so that no leaf can pass for one (section 2.1.1).
    bytes1 private constant NODE = 0x01;

    /// @notice Whether `path` leads from a leaf to the root of a tree. False for anything that does not fit: an
    /// index outside the tree, a path too short or too long, any changed byte. Never reverts.
    /// @param root The Merkle root.
    /// @param treeSize Number of leaves under `root`.
    /// @param leafHash SHA-256 of a zero byte and the leaf.
    /// @param index The leaf's position, from zero.
    /// @param path The hashes beside the way up, lowest first.
    /// @return Whether the leaf is there.
    function leadsTo(bytes32 root, uint64 treeSize, bytes32 leafHash, uint64 index, bytes32[] calldata path)
        internal
        pure
        returns (bool)
    {
        if (index >= treeSize) return false;
        uint256 node = index;
        uint256 last = treeSize - 1;
        bytes32 hash = leafHash;
        for (uint256 i = 0; i < path.length; ++i) {
            // At the top already: the path is longer than the tree is high.
            if (last == 0) return false;
            if (node & 1 == 1 || node == last) {
                hash = sha256(abi.encodePacked(NODE, path[i], hash));
                // The last node of a level without a sibling goes up as it is, to where it has one.
                while (node & 1 == 0 && node != 0) {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                hash = sha256(abi.encodePacked(NODE, hash, path[i]));
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && hash == root;
    }
}
