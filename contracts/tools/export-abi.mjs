// SPDX-License-Identifier: Apache-2.0
//
// Writes abi/AnchorRegistry.json from what forge built in out/. With --check it writes nothing and fails
// unless the committed file is that, byte for byte.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import sha3 from "js-sha3";

const CONTRACT = "AnchorRegistry";
const root = new URL("../", import.meta.url);
const built = new URL(`out/${CONTRACT}.sol/${CONTRACT}.json`, root);
const published = new URL(`abi/${CONTRACT}.json`, root);

function describe({ abi, bytecode, deployedBytecode, metadata }) {
  const { compiler, settings } = metadata;
  return {
    contractName: CONTRACT,
    compiler: {
      name: "solc",
      version: compiler.version,
      evmVersion: settings.evmVersion,
      optimizerRuns: settings.optimizer.enabled ? settings.optimizer.runs : 0,
      viaIR: settings.viaIR ?? false,
    },
    abi,
    bytecode: bytecode.object,
    runtimeBytecode: deployedBytecode.object,
    runtimeCodeHash: `0x${sha3.keccak256(Buffer.from(deployedBytecode.object.slice(2), "hex"))}`,
  };
}

const text = `${JSON.stringify(describe(JSON.parse(readFileSync(built, "utf8"))), null, 2)}\n`;

if (!process.argv.includes("--check")) {
  writeFileSync(published, text);
} else if (readFileSync(published, "utf8") !== text) {
  console.error(`${fileURLToPath(published)} is not what the sources give: run "npm run build" and commit it`);
  process.exitCode = 1;
}
