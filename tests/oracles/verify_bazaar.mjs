// As verify.mjs, with the libraries of Digital Bazaar: {credential, documents, now?} -> {verified, error?}.
import {answerLines, documentLoader} from './offline.mjs';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {verifyCredential} from '@digitalbazaar/vc';

function reasons(error) {
  const inner = error?.errors ?? [];
  return [error?.message, ...inner.map(reasons)].filter(Boolean).join(' | ');
}

await answerLines(async ({credential, documents, now}) => {
  const result = await verifyCredential({
    credential,
    now,
    suite: new DataIntegrityProof({cryptosuite}),
    documentLoader: documentLoader(documents),
    checkStatus: async () => ({verified: true})
  });
  return result.verified ? {verified: true} : {verified: false, error: reasons(result.error)};
});
