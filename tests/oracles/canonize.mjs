// {document, documents: {url: object}} -> {nQuads: string} or {error: string}, one of each per line.
// jsonld.js in safe mode: undefined terms and relative references are errors.
import {answerLines, documentLoader} from './offline.mjs';
import jsonld from 'jsonld';

await answerLines(async ({document, documents}) => {
  try {
    const nQuads = await jsonld.canonize(document, {
      algorithm: 'RDFC-1.0',
      base: null,
      documentLoader: documentLoader(documents),
      format: 'application/n-quads',
      safe: true
    });
    return {nQuads};
  } catch(error) {
    return {error: [error.name, error.details?.event?.code, error.message].filter(Boolean).join(': ')};
  }
});
