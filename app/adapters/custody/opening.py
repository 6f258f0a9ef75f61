"""From the settings to custodians, each opened on first use; a library that nobody needs is never loaded."""

from app.adapters.custody import failures
from app.adapters.custody.custodian import Custodian
from app.adapters.custody.custodians import FILE, Custodians
from app.adapters.custody.remote import RemoteKeystore
from app.adapters.custody.wallets import SAFE
from app.adapters.keystore import FileKeystore
from app.anchoring.chains import rules_of
from app.settings import Settings


def custodians_of(settings: Settings) -> Custodians:
    """What an installation's keys lie with. Nothing is opened yet."""

    def files() -> Custodian:
        return FileKeystore(settings.wallets_dir, settings.secret_passphrase)

    def aws_kms() -> Custodian:
        from app.adapters.custody.aws_kms import AwsKms

        _check(settings, AwsKms.scheme, AwsKms.title)
        return RemoteKeystore(AwsKms(str(settings.aws_kms_region), settings.aws_kms_endpoint))

    def google_kms() -> Custodian:
        from app.adapters.custody.google_kms import GoogleKms

        _check(settings, GoogleKms.scheme, GoogleKms.title)
        return RemoteKeystore(GoogleKms(str(settings.google_kms_key_ring), settings.google_kms_endpoint))

    def azure_key_vault() -> Custodian:
        from app.adapters.custody.azure_key_vault import AzureKeyVault

        _check(settings, AzureKeyVault.scheme, AzureKeyVault.title)
        return RemoteKeystore(AzureKeyVault(str(settings.azure_key_vault)))

    def pkcs11() -> Custodian:
        from app.adapters.custody.hsm import Hsm

        _check(settings, Hsm.scheme, Hsm.title)
        module, pin_file = settings.pkcs11_module, settings.pkcs11_pin_file
        if module is None or pin_file is None:
            raise failures.not_configured(Hsm.title, "STACKMARK_PKCS11_MODULE")
        return RemoteKeystore(Hsm(module, str(settings.pkcs11_token), pin_file))

    def safe() -> Custodian:
        from app.adapters.custody.safe_files import ProposalFiles
        from app.adapters.custody.safe_keystore import SafeKeystore

        rules = rules_of(settings.chain, settings.chain_id, settings.finality, settings.max_fee_gwei)
        return SafeKeystore(ProposalFiles(settings.proposals), rules.chain_id)

    openers = {
        FILE: files,
        "aws-kms": aws_kms,
        "google-kms": google_kms,
        "azure-key-vault": azure_key_vault,
        "pkcs11": pkcs11,
        SAFE: safe,
    }
    return Custodians(openers, settings.custody, settings.wallets_with)


def _check(settings: Settings, scheme: str, title: str) -> None:
    if missing := settings.missing_for(scheme):
        raise failures.not_configured(title, " and ".join(missing))
