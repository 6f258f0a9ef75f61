// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IAccreditationRegistry
/// @notice Who let whom issue, and when: the scheme operator accredits awarding organisations, and they accredit
/// providers. An organisation is known by the address of its wallet, and each accreditation by the SHA-256 of the
/// signed credential that says what it is for; the registry sees neither names nor qualifications.
///
/// An accreditation counts within its window, until it is revoked, and only while the one who gave it is
/// accredited: to revoke an awarding organisation ends what it gave, at once and without a list being walked.
/// Nothing counts before the block that recorded it and nothing is ever overwritten, so what the registry says of
/// a moment that has passed never changes.
///
/// The zero address stands for the scheme operator wherever a parent is named, whoever holds that office: what
/// one operator gave stays given when another takes over.
interface IAccreditationRegistry {
    /// @notice A parent accredited a child.
    /// @param parent The awarding organisation; zero for the scheme operator.
    /// @param child The one that was accredited.
    /// @param digest SHA-256 of the bytes of the signed accreditation credential.
    /// @param from First second that counts, since 1970-01-01T00:00:00Z; not before this block.
    /// @param until First second that no longer counts.
    event Accredited(
        address indexed parent, address indexed child, bytes32 indexed digest, uint64 from, uint64 until
    );

    /// @notice An accreditation counts no more from this block on.
    /// @param parent The awarding organisation that gave it; zero for the scheme operator.
    /// @param child The one that was accredited.
    /// @param digest As in `Accredited`.
    /// @param by The caller: the parent itself or the scheme operator.
    event Revoked(address indexed parent, address indexed child, bytes32 indexed digest, address by);

    /// @notice The scheme operator named who may take over. Whoever was named before no longer may.
    /// @param operator The caller.
    /// @param successor The address named; zero if nobody is.
    event OperatorNamed(address indexed operator, address indexed successor);

    /// @notice There is a new scheme operator.
    /// @param previous The one before; zero at the registry's first block.
    /// @param operator The new one.
    event OperatorChanged(address indexed previous, address indexed operator);

    /// @notice The scheme operator would be nobody.
    error ZeroOperator();

    /// @notice Only the scheme operator may do this.
    /// @param operator Who that is.
    error NotTheOperator(address operator);

    /// @notice Only the address that the scheme operator named may take over.
    /// @param named That address; zero if nobody is named.
    error NotTheNamedOperator(address named);

    /// @notice The caller is no awarding organisation at this time, so it cannot accredit.
    /// @param caller The caller.
    error NotAccredited(address caller);

    /// @notice Nobody can accredit nobody, or itself.
    /// @param child The address that was sent.
    error ChildNotPossible(address child);

    /// @notice An accreditation without a signed credential behind it.
    error ZeroDigest();

    /// @notice The window ends before it begins, or before this block.
    /// @param from First second that would count; not before this block.
    /// @param until First second that would no longer count.
    error WindowEmpty(uint64 from, uint64 until);

    /// @notice The caller recorded this credential for this child before. To a repeated transaction this means
    /// success. Renewed is an accreditation by another signed credential.
    /// @param digest The digest that was sent.
    error AccreditedBefore(bytes32 digest);

    /// @notice Only the one who gave an accreditation, and the scheme operator, may revoke it.
    /// @param caller The caller.
    error NotTheParent(address caller);

    /// @notice There is no such accreditation.
    /// @param digest The digest that was sent.
    error NeverAccredited(bytes32 digest);

    /// @notice The accreditation was revoked before. To a repeated transaction this means success.
    /// @param revokedAt When: seconds since 1970-01-01T00:00:00Z. It stays as it is.
    error RevokedBefore(uint64 revokedAt);

    /// @notice Accredits: an awarding organisation, if the scheme operator calls; a provider, if an awarding
    /// organisation does. Nobody else can.
    /// @dev The checks run in this order: `NotAccredited`, `ChildNotPossible`, `ZeroDigest`, `WindowEmpty`,
    /// `AccreditedBefore`. Several accreditations of one child by one parent may run side by side.
    /// @param child The address of the wallet of the one accredited.
    /// @param digest SHA-256 of the bytes of the signed accreditation credential.
    /// @param from First second that counts, since 1970-01-01T00:00:00Z. An earlier one than this block's counts
    /// as this block's: nobody is accredited backwards.
    /// @param until First second that no longer counts; 2^64 - 1 for no end.
    function accredit(address child, bytes32 digest, uint64 from, uint64 until) external;

    /// @notice Revokes one accreditation from this block on. What it covered before stays covered.
    /// @dev The checks run in this order: `NotTheParent`, `NeverAccredited`, `RevokedBefore`. The parent may
    /// revoke when it is no longer accredited itself. One that has not begun never will.
    /// @param parent The awarding organisation that gave it; zero for the scheme operator.
    /// @param child The one that was accredited.
    /// @param digest As it was recorded.
    function revoke(address parent, address child, bytes32 digest) external;

    /// @notice Names who may take over as scheme operator. Nothing changes until that address accepts; until
    /// then another, or nobody, may be named. Only the scheme operator may call.
    /// @param successor The address of the next scheme operator; zero for nobody.
    function nameOperator(address successor) external;

    /// @notice Takes over as scheme operator. Only the address that was named may call.
    function acceptOperator() external;

    /// @notice Whether an address is an awarding organisation, or a provider of at least one. Anyone may read.
    /// @dev Looks through the accreditations of `who` and its parents, so its cost grows with their number; a
    /// contract that must bound it asks `isAccreditedThrough`.
    /// @param who The address of its wallet.
    /// @param time The moment asked about: seconds since 1970-01-01T00:00:00Z. Of one to come the answer is as
    /// things stand.
    /// @return Whether it is accredited at that moment.
    function isAccredited(address who, uint64 time) external view returns (bool);

    /// @notice Whether the scheme operator accredits an address. Anyone may read.
    /// @param who The address of its wallet.
    /// @param time As for `isAccredited`.
    /// @return Whether it is an awarding organisation at that moment.
    function isAwardingOrganisation(address who, uint64 time) external view returns (bool);

    /// @notice Whether one awarding organisation, itself accredited then, accredits a provider. Anyone may read.
    /// @param parent The awarding organisation.
    /// @param child The provider.
    /// @param time As for `isAccredited`.
    /// @return Whether it does at that moment.
    function isAccreditedBy(address parent, address child, uint64 time) external view returns (bool);

    /// @notice Whether a provider is accredited by two given credentials: the scheme operator's for an awarding
    /// organisation, and that one's for the provider. Costs the same whatever else is recorded. Anyone may read.
    /// @param parent The awarding organisation.
    /// @param parentDigest The digest of its accreditation by the scheme operator.
    /// @param child The provider.
    /// @param childDigest The digest of its accreditation by the awarding organisation.
    /// @param time As for `isAccredited`.
    /// @return Whether both count at that moment.
    function isAccreditedThrough(
        address parent,
        bytes32 parentDigest,
        address child,
        bytes32 childDigest,
        uint64 time
    ) external view returns (bool);

    /// @notice One accreditation as it is recorded, whether or not its parent is accredited. Anyone may read.
    /// @param parent The awarding organisation that gave it; zero for the scheme operator.
    /// @param child The one that was accredited.
    /// @param digest As it was recorded.
    /// @return from First second that counts; zero, like the other two, if there is no such accreditation.
    /// @return until First second that no longer counts.
    /// @return revokedAt When it was revoked; zero if it was not.
    function accreditationOf(address parent, address child, bytes32 digest)
        external
        view
        returns (uint64 from, uint64 until, uint64 revokedAt);

    /// @notice The awarding organisations that ever accredited a provider. Anyone may read.
    /// @param child The provider.
    /// @return Each once, in the order of their first accreditation.
    function parentsOf(address child) external view returns (address[] memory);

    /// @notice The accreditations that a parent ever gave a child. Anyone may read.
    /// @param parent The awarding organisation; zero for the scheme operator.
    /// @param child The one that was accredited.
    /// @return Their digests, in the order of recording.
    function digestsOf(address parent, address child) external view returns (bytes32[] memory);

    /// @notice Who operates the scheme. Anyone may read.
    /// @return An address; that of a multi-signature wallet where several people must agree.
    function schemeOperator() external view returns (address);

    /// @notice Who may take over as scheme operator. Anyone may read.
    /// @return The address named; zero if nobody is.
    function namedOperator() external view returns (address);
}
