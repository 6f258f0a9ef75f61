// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccreditationRegistry} from "./IAccreditationRegistry.sol";

/// @title AccreditationRegistry
/// @notice See `IAccreditationRegistry`. No upgrade, no immutable value, no ether: the hash of the runtime code
/// identifies the rules, and `schemeOperator` the scheme.
contract AccreditationRegistry is IAccreditationRegistry {
    /// @dev One word. There is one if `until` is not zero.
    struct Accreditation {
        uint64 from;
        uint64 until;
        uint64 revokedAt;
    }

    /// @dev What one parent ever gave one child.
    struct Edge {
        bytes32[] digests;
        mapping(bytes32 digest => Accreditation accreditation) given;
    }

    /// @dev The parent of awarding organisations: the office, not the address that holds it today.
    address private constant SCHEME = address(0);

    address private _operator;
    address private _named;
    mapping(address parent => mapping(address child => Edge edge)) private _edges;
    mapping(address child => address[] parents) private _parents;

    /// @param operator The first scheme operator, not zero.
    constructor(address operator) {
        if (operator == address(0)) revert ZeroOperator();
        _operator = operator;
        emit OperatorChanged(address(0), operator);
    }

    /// @inheritdoc IAccreditationRegistry
    function accredit(address child, bytes32 digest, uint64 from, uint64 until) external {
        uint64 current = uint64(block.timestamp);
        address parent = msg.sender == _operator ? SCHEME : msg.sender;
        if (parent != SCHEME && !isAwardingOrganisation(parent, current)) revert NotAccredited(msg.sender);
        if (child == address(0) || child == msg.sender) revert ChildNotPossible(child);
        if (digest == 0) revert ZeroDigest();
        uint64 start = from < current ? current : from;
        if (until <= start) revert WindowEmpty(start, until);
        Edge storage edge = _edges[parent][child];
        if (edge.given[digest].until != 0) revert AccreditedBefore(digest);

        if (parent != SCHEME && edge.digests.length == 0) _parents[child].push(parent);
        edge.digests.push(digest);
        edge.given[digest] = Accreditation(start, until, 0);

        emit Accredited(parent, child, digest, start, until);
    }

    /// @inheritdoc IAccreditationRegistry
    function revoke(address parent, address child, bytes32 digest) external {
        if (msg.sender != parent && msg.sender != _operator) revert NotTheParent(msg.sender);
        Accreditation storage accreditation = _edges[parent][child].given[digest];
        if (accreditation.until == 0) revert NeverAccredited(digest);
        uint64 revokedAt = accreditation.revokedAt;
        if (revokedAt != 0) revert RevokedBefore(revokedAt);

        accreditation.revokedAt = uint64(block.timestamp);

        emit Revoked(parent, child, digest, msg.sender);
    }

    /// @inheritdoc IAccreditationRegistry
    // Zero is meant: it names nobody, and nobody can then take over.
    // slither-disable-next-line missing-zero-check
    function nameOperator(address successor) external {
        if (msg.sender != _operator) revert NotTheOperator(_operator);

        _named = successor;

        emit OperatorNamed(msg.sender, successor);
    }

    /// @inheritdoc IAccreditationRegistry
    function acceptOperator() external {
        if (msg.sender != _named) revert NotTheNamedOperator(_named);
        address previous = _operator;

        _operator = msg.sender;
        _named = address(0);

        emit OperatorChanged(previous, msg.sender);
    }

    /// @inheritdoc IAccreditationRegistry
    function isAccredited(address who, uint64 time) external view returns (bool) {
        if (isAwardingOrganisation(who, time)) return true;
        address[] storage parents = _parents[who];
        for (uint256 i = 0; i < parents.length; ++i) {
            if (isAccreditedBy(parents[i], who, time)) return true;
        }
        return false;
    }

    /// @inheritdoc IAccreditationRegistry
    function isAwardingOrganisation(address who, uint64 time) public view returns (bool) {
        return anyCounts(_edges[SCHEME][who], time);
    }

    /// @inheritdoc IAccreditationRegistry
    function isAccreditedBy(address parent, address child, uint64 time) public view returns (bool) {
        return isAwardingOrganisation(parent, time) && anyCounts(_edges[parent][child], time);
    }

    /// @inheritdoc IAccreditationRegistry
    function isAccreditedThrough(
        address parent,
        bytes32 parentDigest,
        address child,
        bytes32 childDigest,
        uint64 time
    ) external view returns (bool) {
        return counts(_edges[SCHEME][parent].given[parentDigest], time)
            && counts(_edges[parent][child].given[childDigest], time);
    }

    /// @inheritdoc IAccreditationRegistry
    function accreditationOf(address parent, address child, bytes32 digest)
        external
        view
        returns (uint64 from, uint64 until, uint64 revokedAt)
    {
        Accreditation storage accreditation = _edges[parent][child].given[digest];
        return (accreditation.from, accreditation.until, accreditation.revokedAt);
    }

    /// @inheritdoc IAccreditationRegistry
    function parentsOf(address child) external view returns (address[] memory) {
        return _parents[child];
    }

    /// @inheritdoc IAccreditationRegistry
    function digestsOf(address parent, address child) external view returns (bytes32[] memory) {
        return _edges[parent][child].digests;
    }

    /// @inheritdoc IAccreditationRegistry
    function schemeOperator() external view returns (address) {
        return _operator;
    }

    /// @inheritdoc IAccreditationRegistry
    function namedOperator() external view returns (address) {
        return _named;
    }

    /// @dev Newest first: that is the one asked about most often.
    function anyCounts(Edge storage edge, uint64 time) private view returns (bool) {
        for (uint256 i = edge.digests.length; i > 0; --i) {
            if (counts(edge.given[edge.digests[i - 1]], time)) return true;
        }
        return false;
    }

    function counts(Accreditation storage accreditation, uint64 time) private view returns (bool) {
        if (time < accreditation.from || time >= accreditation.until) return false;
        uint64 revokedAt = accreditation.revokedAt;
        return revokedAt == 0 || time < revokedAt;
    }
}
