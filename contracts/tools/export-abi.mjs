// SPDX-License-Identifier: Apache-2.0
//
// Writes abi/<contract>.json from what forge built in out/, for each contract. With --check it writes nothing
// and fails unless the committed files are that, byte for byte.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import sha3 from "js-sha3";

const CONTRACTS = ["AnchorRegistry", "AccreditationRegistry"];
const root = new URL("../", import.meta.url);

function describe(contractName, { abi, bytecode, deployedBytecode, metadata }) {
  const { compiler, settings } = metadata;
  return {
    contractName,
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

for (const name of CONTRACTS) {
  const built = JSON.parse(readFileSync(new URL(`out/${name}.sol/${name}.json`, root), "utf8"));
  const published = new URL(`abi/${name}.json`, root);
  const text = `${JSON.stringify(describe(name, built), null, 2)}\n`;
  if (!process.argv.includes("--check")) {
    writeFileSync(published, text);
  } else if (readFileSync(published, "utf8") !== text) {
    console.error(`${fileURLToPath(published)} is not what the sources give: run "npm run build" and commit it`);
    process.exitCode = 1;
  }
}
