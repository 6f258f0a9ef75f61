// {credential, documents, publicKeyMultibase, secretKeyMultibase, keyId, date, mandatory: [pointer],
//  selections: [[pointer]]} -> {base, derived: [credential]}: the issuer's proof of ecdsa-sd-2023 and what a holder
// derives from it for each selection, one of each per line. With `whole: true` instead of pointers,
// {secured}: the credential with an ecdsa-rdfc-2019 proof.
import {answerLines, documentLoader} from './offline.mjs';
import {createDiscloseCryptosuite, createSignCryptosuite} from '@digitalbazaar/ecdsa-sd-2023-cryptosuite';
import {cryptosuite as whole} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import jsigs from 'jsonld-signatures';

const {AssertionProofPurpose} = jsigs.purposes;

await answerLines(async request => {
  const options = {purpose: new AssertionProofPurpose(), documentLoader: documentLoader(request.documents)};
  const key = await EcdsaMultikey.from({
    '@context': 'https://w3id.org/security/multikey/v1',
    type: 'Multikey',
    id: request.keyId,
    controller: request.keyId.split('#')[0],
    publicKeyMultibase: request.publicKeyMultibase,
    secretKeyMultibase: request.secretKeyMultibase
  });
  const sign = cryptosuite => jsigs.sign(structuredClone(request.credential), {
    ...options, suite: new DataIntegrityProof({signer: key.signer(), date: request.date, cryptosuite})
  });
  if(request.whole) {
    return {secured: await sign(whole)};
  }
  const base = await sign(createSignCryptosuite({mandatoryPointers: request.mandatory}));
  const derived = [];
  for(const selectivePointers of request.selections) {
    const suite = new DataIntegrityProof({cryptosuite: createDiscloseCryptosuite({selectivePointers})});
    derived.push(await jsigs.derive(structuredClone(base), {...options, suite}));
  }
  return {base, derived};
});
