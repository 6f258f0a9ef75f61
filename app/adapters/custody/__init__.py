"""Who keeps the keys. One port, several custodians, and every key in the database says with whom it lies.

The port is `Custodian`: the `KeyStore` of institutions and the `Wallet` of anchoring. `Custodians` stands behind both
and hands each call on by the scheme that the key's reference begins with; a reference without one is a file, as all
were at first. So one installation can hold keys with several custodians at once, and move by rotating.

| scheme | custodian | signing keys (Ed25519) | wallets (secp256k1) |
|---|---|---|---|
| none, `file:` | encrypted files (`app.adapters.keystore`) | yes | yes |
| `aws-kms:` | AWS KMS | yes | yes |
| `pkcs11:` | a hardware module through its PKCS #11 library, in RFC 7512 form | yes | yes |

All but the files are a `KeyHolder` behind one `RemoteKeystore`, which alone does what must not differ: it checks every
signature against the public key before anybody sees it, brings ECDSA signatures to their one accepted form (low s) and
finds out which of the two possible senders they mean.

A wallet may also be a Safe, a contract that several people own together: then nobody here can sign for it, and its
checkpoints are proposals (`safe_proposals`) that its owners sign outside, or with keys of the custodians above.

Not here, because no test could run them against the real service or a simulation of it: Google Cloud KMS (it has both
kinds of key: `EC_SIGN_ED25519`, `EC_SIGN_SECP256K1_SHA256`) and Azure Key Vault (secp256k1 as `P-256K` with `ES256K`
alone; it has no Ed25519). Each would be one more `KeyHolder` of about a hundred lines and one more line in the contract
suite (tests/integration/custody).

HashiCorp Vault and OpenBao are not here because their secrets engine "transit" has no secp256k1, so that no wallet can
lie there.

Never here: a private half that leaves its custodian, a deletion of a key, a secret in a reference, a log or an error.
"""
