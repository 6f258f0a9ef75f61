// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Tree
/// @notice Roots and inclusion proofs as RFC 9162 defines them (sections 2.1.1 and 2.1.3.1), word for word and
/// slow: written from the definitions, not from the code under test.
library Tree {
    /// @return Hashes of `count` leaves that differ from any other seed's.
    function leaves(uint256 count, uint256 seed) internal pure returns (bytes32[] memory) {
        bytes32[] memory hashes = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            hashes[i] = sha256(abi.encodePacked(bytes1(0x00), seed, i));
        }
        return hashes;
    }

    /// @return MTH(D[first:end]) over leaf hashes.
    function root(bytes32[] memory hashes, uint256 first, uint256 end) internal pure returns (bytes32) {
        if (end - first == 1) return hashes[first];
        uint256 middle = first + split(end - first);
        bytes32 left = root(hashes, first, middle);
        bytes32 right = root(hashes, middle, end);
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }

    /// @return PATH(index, D_n).
    function path(bytes32[] memory hashes, uint256 index) internal pure returns (bytes32[] memory) {
        return path(hashes, 0, hashes.length, index);
    }

    function path(bytes32[] memory hashes, uint256 first, uint256 end, uint256 index)
        private
        pure
        returns (bytes32[] memory)
    {
        if (end - first == 1) return new bytes32[](0);
        uint256 middle = first + split(end - first);
        if (index < middle) return joined(path(hashes, first, middle, index), root(hashes, middle, end));
        return joined(path(hashes, middle, end, index), root(hashes, first, middle));
    }

    /// @dev The largest power of two smaller than `count`.
    function split(uint256 count) private pure returns (uint256 power) {
        power = 1;
        while (power * 2 < count) power *= 2;
    }

    function joined(bytes32[] memory below, bytes32 top) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](below.length + 1);
        for (uint256 i = 0; i < below.length; ++i) {
            longer[i] = below[i];
        }
        longer[below.length] = top;
    }
}
