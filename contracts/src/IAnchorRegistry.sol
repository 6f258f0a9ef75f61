// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IAnchorRegistry
/// @notice The time at which each issuer anchored each checkpoint of its own append-only credential log.
/// A checkpoint is the Merkle root of the log and its size, the number of leaves under that root
/// (RFC 9162, section 2.1). The issuer is whoever calls: each address writes to its own log and to no other,
/// nobody else can write there, and nobody can change or remove what is written.
///
/// A log may pass from one address to another: the old names the new, the new accepts, and from then on only
/// the new can anchor, from the old size upwards. And an address may disown its own anchors from a moment on,
/// as when its key was stolen; then nothing can be written for it any more, and nothing takes that back.
///
/// The registry does not know who stands behind an address. An institution's DID document names its wallets,
/// and counts for more than anything that whoever holds a wallet's key can write here.
interface IAnchorRegistry {
    /// @notice An issuer anchored a checkpoint of its log. The time is that of the block.
    /// @param issuer The caller, whose log this is.
    /// @param root The Merkle root of the log at this size.
    /// @param treeSize Number of leaves under `root`. Grows from each event of an issuer to its next.
    event RootAnchored(address indexed issuer, bytes32 indexed root, uint64 treeSize);

    /// @notice A wallet says which DID it anchors for. True only if the DID document names the wallet in turn.
    /// @param wallet The caller.
    /// @param didDocumentHash SHA-256 of the bytes of the DID document.
    /// @param did The DID, such as `did:web:credentials.college.example`.
    event ProfileSet(address indexed wallet, bytes32 indexed didDocumentHash, string did);

    /// @notice A wallet named the address that may take over its log. Whoever was named before no longer may.
    /// @param wallet The caller.
    /// @param successor The address named; zero if nobody is.
    event SuccessorNamed(address indexed wallet, address indexed successor);

    /// @notice A wallet took over the log of another, which can anchor no more. The time is that of the block.
    /// @param wallet The one that gave its log up.
    /// @param successor The caller, whose log this is from now on.
    /// @param lastSize Number of leaves at the last checkpoint of `wallet`; the next checkpoint has more.
    event SuccessionAccepted(address indexed wallet, address indexed successor, uint64 lastSize);

    /// @notice A wallet gave notice that what it anchored at `since` or later is not to be believed.
    /// @param wallet The caller.
    /// @param since Seconds since 1970-01-01T00:00:00Z; earlier than in any notice of this wallet before.
    event Disowned(address indexed wallet, uint64 since);

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

    /// @notice The wallet gave notice that its key is not to be believed; it can write nothing more.
    /// @param since From when on: seconds since 1970-01-01T00:00:00Z.
    error WalletDisowned(uint64 since);

    /// @notice The caller has given up its log; only its successor can write.
    /// @param successor The address that took over.
    error WalletSucceeded(address successor);

    /// @notice A profile names a DID and the hash of its document; one of the two is missing.
    error ProfileIncomplete();

    /// @notice The caller is not the address that the wallet named as its successor.
    /// @param named The address that it named; zero if nobody.
    error NotTheNamedSuccessor(address named);

    /// @notice The caller has a log of its own already, and two logs cannot become one.
    /// @param lastSize Number of leaves at the caller's last checkpoint.
    error LogNotEmpty(uint64 lastSize);

    /// @notice The log is not of the size that the caller would take over: empty, or grown meanwhile.
    /// @param expected The size that was sent.
    /// @param lastSize Number of leaves at the wallet's last checkpoint.
    error LastSizeOther(uint64 expected, uint64 lastSize);

    /// @notice A notice names no moment, one in the future, or one no earlier than the notice before.
    /// @param since The moment that was sent.
    /// @param latest The latest moment that could be named.
    error SinceOutOfRange(uint64 since, uint64 latest);

    /// @notice Anchors a checkpoint of the caller's log at the time of this block. Anyone may call, for itself.
    /// @dev The checks run in this order: `ZeroRoot`, `RootAlreadyAnchored`, `WalletDisowned`,
    /// `WalletSucceeded`, `TreeSizeNotGreater`.
    /// The contract sees neither leaves nor proofs: that one checkpoint extends another is shown off chain by
    /// a consistency proof. A caller that anchors size 2^64 - 1 has closed its log.
    /// @param root The Merkle root of the log at this size, not zero, never anchored by the caller before.
    /// @param treeSize Number of leaves under `root`, more than at the caller's last checkpoint.
    function anchor(bytes32 root, uint64 treeSize) external;

    /// @notice Says which DID the caller anchors for. Replaces what it said before.
    /// @dev The checks run in this order: `WalletDisowned`, `WalletSucceeded`, `ProfileIncomplete`.
    /// The DID is only emitted. Anyone can claim any DID: a reader compares with the DID document.
    /// @param did The DID, not empty.
    /// @param didDocumentHash SHA-256 of the bytes of the DID document, not zero.
    function setProfile(string calldata did, bytes32 didDocumentHash) external;

    /// @notice Names the address that may take over the caller's log. Nothing changes until it accepts; until
    /// then the caller goes on anchoring, and may name another, or nobody.
    /// @dev The checks run in this order: `WalletDisowned`, `WalletSucceeded`.
    /// @param successor The address of the new wallet; zero for nobody.
    function nameSuccessor(address successor) external;

    /// @notice Takes over the log of a wallet that named the caller. From now on the caller alone anchors, from
    /// that size upwards, and the wallet can write nothing but a notice. What it anchored stays.
    /// @dev The checks run in this order: `WalletDisowned` or `WalletSucceeded` of the caller, `LogNotEmpty`,
    /// `NotTheNamedSuccessor`, `WalletDisowned` or `WalletSucceeded` of the wallet, `LastSizeOther`. Only who
    /// has no log accepts, and has one afterwards: so wallets stand in a row, each with at most one before and
    /// one behind it, never in a ring.
    /// @param wallet The address that gives its log up.
    /// @param size Number of leaves at its last checkpoint, not zero. It shows that the caller knows what
    /// it takes over: a wallet that grew its log meanwhile is not taken over unseen.
    function acceptSuccession(address wallet, uint64 size) external;

    /// @notice Gives notice that what the caller anchored at `since` or later is not to be believed, as when its
    /// key was stolen. Cannot be taken back; a later notice can only name an earlier moment. From now on nothing
    /// can be written for this wallet: no anchor, no profile, no successor.
    /// @dev `SinceOutOfRange` is the only refusal; a wallet that was succeeded may give notice too. A notice
    /// leaves the successor alone, but a succession at `since` or later is the word of whoever held the key.
    /// @param since Seconds since 1970-01-01T00:00:00Z: not zero, not after this block, earlier than before.
    function disown(uint64 since) external;

    /// @notice When an issuer anchored a root, whether or not it disowned it since. Anyone may read.
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

    /// @notice All that is stored of one checkpoint. Anyone may read.
    /// @param issuer The address that called `anchor`.
    /// @param root The Merkle root.
    /// @return time As from `anchoredAt`.
    /// @return treeSize Number of leaves under `root`; zero if this issuer never anchored this root.
    /// @return disowned Whether the issuer gave notice that this anchor is not to be believed.
    function checkpointOf(address issuer, bytes32 root)
        external
        view
        returns (uint64 time, uint64 treeSize, bool disowned);

    /// @notice The size of an issuer's log at its last checkpoint. Anyone may read.
    /// @param issuer The address that called `anchor`.
    /// @return Number of leaves; zero if this issuer has no checkpoint. That of a successor with no checkpoint
    /// of its own yet is the size at which it took over.
    function lastSize(address issuer) external view returns (uint64);

    /// @notice The DID document that a wallet last named. Anyone may read.
    /// @param wallet The address that called `setProfile`.
    /// @return SHA-256 of the bytes of the DID document; zero if it never named one.
    function profileOf(address wallet) external view returns (bytes32);

    /// @notice Who follows a wallet. Anyone may read.
    /// @param wallet The address whose log it is or was.
    /// @return successor The address named, or the one that accepted; zero if nobody is named.
    /// @return acceptedAt When it accepted: seconds since 1970-01-01T00:00:00Z; zero if it has not.
    function successorOf(address wallet) external view returns (address successor, uint64 acceptedAt);

    /// @notice Whose log a wallet took over. Anyone may read.
    /// @param wallet The address that called `acceptSuccession`.
    /// @return The wallet before it; zero if there is none.
    function predecessorOf(address wallet) external view returns (address);

    /// @notice From when on a wallet's anchors are not to be believed. Anyone may read.
    /// @param wallet The address that called `disown`.
    /// @return Seconds since 1970-01-01T00:00:00Z; zero if it gave no notice.
    function disownedSince(address wallet) external view returns (uint64);

    /// @notice Whether a leaf is in an issuer's log, under a root that the issuer anchored and did not disown.
    /// For other contracts; anyone may call. The tree's size is the one anchored with the root.
    /// @dev The caller must make `leafHash` itself from the leaf that it means, never take it from whoever
    /// brings the path: only the zero byte before the leaf keeps an inner node from passing for one.
    /// @param issuer The address that called `anchor`.
    /// @param root A root that it anchored: any, not only the last.
    /// @param leafHash SHA-256 of a zero byte and the leaf (RFC 9162, section 2.1.1).
    /// @param index The leaf's position in the log, from zero.
    /// @param path The inclusion proof (RFC 9162, section 2.1.3), lowest hash first.
    /// @return Whether it is. False, never an error, for whatever does not fit.
    function verifyInclusion(
        address issuer,
        bytes32 root,
        bytes32 leafHash,
        uint64 index,
        bytes32[] calldata path
    ) external view returns (bool);

    /// @notice Whether a path leads from a leaf to a root (RFC 9162, section 2.1.3.2), whoever anchored it.
    /// @dev As with `verifyInclusion`, `leafHash` must be the caller's own work; and so must `treeSize`: a
    /// smaller one makes leaves of inner nodes.
    /// @param root The Merkle root.
    /// @param treeSize Number of leaves under `root`.
    /// @param leafHash SHA-256 of a zero byte and the leaf.
    /// @param index The leaf's position, from zero.
    /// @param path The inclusion proof, lowest hash first.
    /// @return Whether it does. False, never an error, for whatever does not fit.
    function provesInclusion(
        bytes32 root,
        uint64 treeSize,
        bytes32 leafHash,
        uint64 index,
        bytes32[] calldata path
    ) external pure returns (bool);
}
