// An independent reader of a C2SP tlog-tiles log, written from signed-note, tlog-checkpoint and tlog-tiles alone:
// node's own crypto and fetch, no code of ours, no library. One request a line: {prefix, vkey, index?, leaf?}.
// It checks the checkpoint's signature, recomputes the root from level 0, proves inclusion of `leaf` at `index` with
// hashes taken from the tiles of all levels, and answers {origin, size, root, tiles, included} or {error}.
import { createHash, createPublicKey, verify } from "node:crypto";
import { createInterface } from "node:readline";

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const inner = (left, right) => sha256(Buffer.from([1]), left, right);

function parseVkey(vkey) {
  const [name, id, data] = [vkey.split("+")[0], vkey.split("+")[1], vkey.split("+").slice(2).join("+")];
  const key = Buffer.from(data, "base64");
  if (key[0] !== 1 || key.length !== 33) throw new Error("not an Ed25519 key");
  if (sha256(Buffer.from(`${name}\n`), key).subarray(0, 4).toString("hex") !== id) throw new Error("wrong key ID");
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), key.subarray(1)]);
  return { name, id, key: createPublicKey({ key: spki, format: "der", type: "spki" }) };
}

function openNote(note, vkey) {
  const at = note.lastIndexOf("\n\n");
  const text = note.slice(0, at + 1);
  for (const line of note.slice(at + 2).trimEnd().split("\n")) {
    const [dash, name, data] = line.split(" ");
    const signature = Buffer.from(data, "base64");
    if (dash !== "—" || name !== vkey.name || signature.subarray(0, 4).toString("hex") !== vkey.id) continue;
    if (!verify(null, Buffer.from(text), vkey.key, signature.subarray(4))) throw new Error("bad signature");
    return text;
  }
  throw new Error("not signed by this key");
}

function tilePath(level, index, width) {
  let path = String(index % 1000).padStart(3, "0");
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    path = `x${String(rest % 1000).padStart(3, "0")}/${path}`;
  }
  return `tile/${level}/${path}${width < 256 ? `.p/${width}` : ""}`;
}

async function get(url, type) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} for ${url}`);
  if (response.headers.get("content-type") !== type) throw new Error(`${response.headers.get("content-type")}`);
  return Buffer.from(await response.arrayBuffer());
}

// RFC 6962, section 2.1, word for word.
function treeHash(leaves) {
  if (leaves.length === 1) return leaves[0];
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return inner(treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split)));
}

async function read({ prefix, vkey, index, leaf }) {
  const note = (await get(`${prefix}/checkpoint`, "text/plain; charset=utf-8")).toString();
  const [origin, size, root] = openNote(note, parseVkey(vkey)).split("\n");
  const count = Number(size);
  const levels = [];
  let tiles = 0;
  for (let level = 0, hashes = count; hashes > 0; level += 1, hashes = Math.floor(hashes / 256)) {
    const found = [];
    for (let tile = 0; tile * 256 < hashes; tile += 1, tiles += 1) {
      const width = Math.min(256, hashes - tile * 256);
      const data = await get(`${prefix}/${tilePath(level, tile, width)}`, "application/octet-stream");
      if (data.length !== 32 * width) throw new Error("a tile of the wrong length");
      for (let start = 0; start < data.length; start += 32) found.push(data.subarray(start, start + 32));
    }
    levels.push(found);
  }
  if (treeHash(levels[0]).toString("base64") !== root) throw new Error("the tiles do not have the root");
  for (let level = 1; level < levels.length; level += 1) {
    levels[level].forEach((hash, at) => {
      if (!hash.equals(treeHash(levels[level - 1].slice(at * 256, at * 256 + 256)))) throw new Error("bad upper tile");
    });
  }
  const included = index === undefined ? null : levels[0][index]?.toString("hex") === leaf;
  return { origin, size: count, root, tiles, included };
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = await read(JSON.parse(line));
  } catch (error) {
    answer = { error: error.message };
  }
  console.log(JSON.stringify(answer));
}
