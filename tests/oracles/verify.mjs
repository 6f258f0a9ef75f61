// {credential, documents: {url: object}, now?, status?} -> {verified: bool, error?: string}, one of each per line.
// `status: true` asks for the status too, in the lists among `documents`; else it is the signature that is judged.
import {answerLines, documentLoader, reasons} from './offline.mjs';
import {DataIntegrityProof} from '@digitalcredentials/data-integrity';
import {cryptosuite} from '@digitalcredentials/eddsa-rdfc-2022-cryptosuite';
import {verifyCredential} from '@digitalcredentials/vc';
import {checkStatus} from '@digitalcredentials/vc-bitstring-status-list';

await answerLines(async ({credential, documents, now, status}) => {
  const result = await verifyCredential({
    credential,
    now,
    // A new one each time: it remembers the hash of the last document.
    suite: new DataIntegrityProof({cryptosuite}),
    documentLoader: documentLoader(documents),
    checkStatus: status ? checkStatus : async () => ({verified: true})
  });
  const error = result.error ?? result.statusResult?.error ?? {message: 'A status is set.'};
  return result.verified ? {verified: true} : {verified: false, error: reasons(error)};
});
