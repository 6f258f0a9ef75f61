// SPDX-License-Identifier: Apache-2.0
//
// Slither over src/, from an environment of its own: it needs an older web3 than the service does. Fails on any
// finding that is not answered in the source (slither-disable-next-line, with the reason) or in slither.config.json,
// whose answers stand in README.md.
import { execFileSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";

const here = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const run = (program, ...words) =>
  execFileSync(program, words, {
    cwd: here(""),
    env: { ...process.env, PATH: [here("node_modules/.bin"), process.env.PATH].join(delimiter) },
    stdio: ["ignore", "inherit", "inherit"],
  });

const environment = here("analysis/.venv");
const installed = here("analysis/.venv/installed");
try {
  if (!existsSync(installed)) {
    rmSync(environment, { recursive: true, force: true });
    run(process.env.PYTHON ?? "python3", "-m", "venv", environment);
    const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps"];
    run(here("analysis/.venv/bin/python"), ...install, "-r", here("analysis/requirements.txt"));
    writeFileSync(installed, "");
  }
  run(here("analysis/.venv/bin/slither"), ".", "--config-file", here("slither.config.json"));
} catch (error) {
  if (typeof error.status !== "number" && typeof error.signal !== "string") throw error;
  console.error("the static analysis did not come out clean: see above");
  process.exitCode = 1;
}
