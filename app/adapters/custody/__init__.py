"""Who keeps the keys. One port, several custodians, and every key in the database says with whom it lies.

The port is `Custodian`: the `KeyStore` of institutions, and what signs for wallets. `Custodians` stands in front of
all and hands each call on by the scheme that the key's reference begins with; a reference without one is a file, as all
were at first. So one installation can hold keys with several custodians at once, and move by rotating.

| scheme | custodian | signing keys (Ed25519) | wallets (secp256k1) |
|---|---|---|---|
| none, `file:` | encrypted files (`app.adapters.keystore`) | yes | yes |
| `aws-kms:` | AWS KMS | yes | yes |
| `google-kms:` | Google Cloud KMS | yes (in software) | yes (in a hardware module) |
| `azure-key-vault:` | Azure Key Vault (Premium) or Managed HSM | no: it has no such kind | yes (in a hardware module) |
| `pkcs11:` | a hardware module through its PKCS #11 library, in RFC 7512 form | yes | yes |

All but the files are a `KeyHolder` behind one `RemoteKeystore`, which alone does what must not differ: it checks every
signature against the public key before anybody sees it, brings ECDSA signatures to their one accepted form (low s) and
finds out which of the two possible senders they mean.

A wallet may also be a Safe, a contract that several people own together (`safe:0x…`). Nobody here can sign for it: its
checkpoints are proposals (`safe_files`, `safe_proposals`) that its owners sign outside, or with keys of the custodians
above, and that the relayer, a wallet with one of those, sends and pays for (`safe_wallet`). `Wallets` is the `Wallet`
of anchoring over both kinds; to anchoring a Safe is a wallet that another account pays for and that may have to wait.

Each was tested as near to the real one as a machine without a network allows: a module through SoftHSM, AWS KMS through
moto. Of Google Cloud KMS and Azure Key Vault nobody offers a simulation that signs with these curves, so each was
tested against a server of our own that speaks its documented interface (`google_service` and `azure_service` of
tests/integration/custody), with its makers' own library for the login: what they do beyond their reference no test has
seen. wallets/CEREMONY.md says how to find out on the spot before anything depends on it.

HashiCorp Vault and OpenBao are not here because their secrets engine "transit" has no secp256k1, so that no wallet can
lie there.

Never here: a private half that leaves its custodian, a deletion of a key, a secret in a reference, a log or an error.
"""
