// As verify.mjs, with the libraries of Digital Bazaar: {credential, documents, now?, status?} -> {verified, error?}.
// The check of the status is DCC's all the same, a copy of theirs.
import {answerLines, documentLoader, reasons} from './offline.mjs';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite as ecdsa} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import {cryptosuite as eddsa} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {verifyCredential} from '@digitalbazaar/vc';
import {checkStatus} from '@digitalcredentials/vc-bitstring-status-list';

await answerLines(async ({credential, documents, now, status}) => {
  const result = await verifyCredential({
    credential,
    now,
    suite: [eddsa, ecdsa].map(cryptosuite => new DataIntegrityProof({cryptosuite})),
    documentLoader: documentLoader(documents),
    checkStatus: status ? checkStatus : async () => ({verified: true})
  });
  const error = result.error ?? result.statusResult?.error ?? {message: 'A status is set.'};
  return result.verified ? {verified: true} : {verified: false, error: reasons(error)};
});
