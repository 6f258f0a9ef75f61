// What the oracles share: no network, and one JSON answer for each JSON line.
import net from 'node:net';
import {createInterface} from 'node:readline';
import {securityLoader} from '@digitalcredentials/security-document-loader';

const Clock = Date;
const refuse = () => {
  throw new Error('The network is off.');
};
net.Socket.prototype.connect = refuse;
globalThis.fetch = refuse;

// For a library that fetches by itself: from now on the web consists of the given documents (URL -> object).
export function webOf(documents) {
  globalThis.fetch = async request => {
    const url = request.url ?? String(request);
    return url in documents ? Response.json(documents[url]) : new Response('Not given.', {status: 404});
  };
}

// For a library that looks at the clock by itself: from now on it is always `now`, an ISO 8601 date and time.
export function timeIs(now) {
  const moment = Clock.parse(now);
  globalThis.Date = class extends Clock {
    constructor(...parts) {
      super(...(parts.length > 0 ? parts : [moment]));
    }
    static now() {
      return moment;
    }
  };
}

// Every message of a failure, the outermost first.
export function reasons(error) {
  const inner = [...(error?.errors ?? []), ...(error?.cause ? [error.cause] : [])];
  return [error?.message, ...inner.map(reasons)].filter(Boolean).join(' | ');
}

const shipped = securityLoader({fetchRemoteContexts: false}).documents;

// A JSON-LD document loader over the contexts that the npm packages ship and the given documents (URL -> object).
// A fragment finds the verification method of that id inside the given document.
export function documentLoader(documents) {
  return async url => {
    const document = documents[url] ?? shipped.get(url) ?? method(documents, url);
    if(document === undefined) {
      throw new Error(`Not a document that was given: ${url}`);
    }
    return {contextUrl: null, documentUrl: url, document};
  };
}

function method(documents, url) {
  const holder = documents[url.split('#')[0]];
  const found = holder?.verificationMethod?.find(({id}) => id === url);
  return found && {'@context': 'https://w3id.org/security/multikey/v1', ...found};
}

// Answer each line of standard input, in order, with what `answer(request)` resolves to.
export async function answerLines(answer) {
  for await (const line of createInterface({input: process.stdin})) {
    process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + '\n');
  }
}
