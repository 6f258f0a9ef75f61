// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IAnchorRegistry
/// @notice The time at which each issuer anchored each checkpoint of its own append-only credential log.
/// A checkpoint is the Merkle root of the log and its size, the number of leaves under that root
/// (RFC 9162, section 2.1). The issuer is whoever calls: each address writes to its own log and to no other,
/// nobody else can write there, and nobody can change or remove what is written.
interface IAnchorRegistry {
    /// @notice An issuer anchored a checkpoint of its log. The time is that of the block.
    /// @param issuer The caller, whose log this is.
    /// @param root The Merkle root of the log at this size.
    /// @param treeSize Number of leaves under `root`. Grows from each event of an issuer to its next.
    event RootAnchored(address indexed issuer, bytes32 indexed root, uint64 treeSize);

    /// @notice The root is zero, which no tree has.
    error ZeroRoot();

    /// @notice The caller has anchored this root before. To a repeated transaction this means success.
    /// @param root The root that was sent.
    /// @param anchoredAt When the caller anchored it: seconds since 1970-01-01T00:00:00Z. It stays as it is.
    error RootAlreadyAnchored(bytes32 root, uint64 anchoredAt);

    /// @notice The log has not grown since the caller's last checkpoint. A log is never empty when anchored.
    /// @param treeSize Number of leaves that was sent.
    /// @param lastSize Number of leaves at the caller's last checkpoint; zero if it has none.
    error TreeSizeNotGreater(uint64 treeSize, uint64 lastSize);

    /// @notice Anchors a checkpoint of the caller's log at the time of this block. Anyone may call, for itself.
    /// @dev The checks run in this order: `ZeroRoot`, `RootAlreadyAnchored`, `TreeSizeNotGreater`.
    /// The contract sees neither leaves nor proofs: that one checkpoint extends another is shown off chain by
    /// a consistency proof. A caller that anchors size 2^64 - 1 has closed its log.
    /// @param root The Merkle root of the log at this size, not zero, never anchored by the caller before.
    /// @param treeSize Number of leaves under `root`, more than at the caller's last checkpoint.
    function anchor(bytes32 root, uint64 treeSize) external;

    /// @notice When an issuer anchored a root. Anyone may read.
    /// @param issuer The address that called `anchor`.
    /// @param root The Merkle root.
    /// @return Seconds since 1970-01-01T00:00:00Z; zero if this issuer never anchored this root.
    function anchoredAt(address issuer, bytes32 root) external view returns (uint64);

    /// @notice When an issuer anchored each of several roots. Anyone may read; meant for one `eth_call`.
    /// @param issuer The address that called `anchor`.
    /// @param roots Any number of Merkle roots, in any order; repeats are allowed.
    /// @return times One time for each root, in the order of `roots`, each as from `anchoredAt`.
    function anchoredAtMany(address issuer, bytes32[] calldata roots)
        external
        view
        returns (uint64[] memory times);

    /// @notice The size of an issuer's log at its last checkpoint. Anyone may read.
    /// @param issuer The address that called `anchor`.
    /// @return Number of leaves; zero if this issuer has no checkpoint.
    function lastSize(address issuer) external view returns (uint64);
}
