// As verify.mjs, with DCC's verifier-core, which fetches, reads the clock and asks a register of issuers by itself:
// {credential, documents, now, registry: URL} -> {verified, error?}. It gives no verdict but a log of its steps;
// verified = no errors, and every step of the log is true.
import {answerLines, reasons, timeIs, webOf} from './offline.mjs';
import {verifyCredential} from '@digitalcredentials/verifier-core';

// It tells standard output of schemas that it could not fetch.
console.log = () => {};

await answerLines(async ({credential, documents, now, registry}) => {
  webOf(documents);
  timeIs(now);
  const knownDIDRegistries = [{type: 'dcc-legacy', name: 'The list of the test', url: registry}];
  const result = await verifyCredential({credential, knownDIDRegistries});
  const failed = (result.log ?? []).filter(({valid}) => valid !== true);
  const errors = [...(result.errors ?? []), ...failed.map(({error, id}) => error ?? {message: id})];
  return errors.length === 0 ? {verified: true} : {verified: false, error: reasons({errors})};
});
