// {credential, documents: {url: object}, now?} -> {verified: bool, error?: string}, one of each per line.
import {answerLines, documentLoader} from './offline.mjs';
import {DataIntegrityProof} from '@digitalcredentials/data-integrity';
import {cryptosuite} from '@digitalcredentials/eddsa-rdfc-2022-cryptosuite';
import {verifyCredential} from '@digitalcredentials/vc';

function reasons(error) {
  const inner = error?.errors ?? [];
  return [error?.message, ...inner.map(reasons)].filter(Boolean).join(' | ');
}

await answerLines(async ({credential, documents, now}) => {
  const result = await verifyCredential({
    credential,
    now,
    // A new one each time: it remembers the hash of the last document.
    suite: new DataIntegrityProof({cryptosuite}),
    documentLoader: documentLoader(documents),
    // Whether a credential was withdrawn is asked elsewhere; here it is the signature that is judged.
    checkStatus: async () => ({verified: true})
  });
  return result.verified ? {verified: true} : {verified: false, error: reasons(result.error)};
});
