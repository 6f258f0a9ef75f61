// SPDX-License-Identifier: Apache-2.0
//
// Runs the tests with `forge coverage` and fails unless they reach every line, branch and function of src/.
// Left out are the tests of the published code and of gas (coverage is measured on unoptimised code) and the
// long random walks, which could only hide that a plain test is missing.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FUZZ_RUNS = "64";
const FUZZ_SEED = "1";
const COUNTED = { lines: ["LF", "LH"], branches: ["BRF", "BRH"], functions: ["FNF", "FNH"] };
const root = fileURLToPath(new URL("../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "coverage-"));
let report;
try {
  const file = join(folder, "lcov.info");
  execFileSync(
    "forge",
    [
      ...["coverage", "--report", "lcov", "--report-file", file, "--fuzz-seed", FUZZ_SEED],
      ...["--no-match-contract", "Published|GasTest|Invariants", "--no-match-coverage", "^test/"],
    ],
    { cwd: root, env: { ...process.env, FOUNDRY_FUZZ_RUNS: FUZZ_RUNS }, stdio: ["ignore", "ignore", "inherit"] },
  );
  report = readFileSync(file, "utf8");
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const totals = Object.fromEntries(Object.keys(COUNTED).map((what) => [what, { found: 0, hit: 0 }]));
const missed = [];
let source = "";
for (const line of report.split("\n")) {
  const [name, value = ""] = line.split(/:(.*)/s);
  if (name === "SF") source = value;
  for (const [what, [found, hit]] of Object.entries(COUNTED)) {
    if (name === found) totals[what].found += Number(value);
    if (name === hit) totals[what].hit += Number(value);
  }
  if (name === "DA" && value.endsWith(",0")) missed.push(`${source}:${value.split(",")[0]}: line`);
  if (name === "BRDA" && /,(0|-)$/.test(value)) missed.push(`${source}:${value.split(",")[0]}: branch`);
}
for (const [what, { found, hit }] of Object.entries(totals)) console.log(`${what}: ${hit} of ${found}`);
const whole = Object.values(totals).every(({ found, hit }) => found > 0 && hit === found);
if (!whole || missed.length > 0) {
  console.error(["the tests do not reach all of src/:", ...missed].join("\n  "));
  process.exitCode = 1;
}
