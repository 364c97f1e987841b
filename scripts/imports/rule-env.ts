import type { Adapter, Capability } from "./adapters.ts";
import { capabilitiesOf } from "./adapters.ts";
import { BROWSER_FOLDERS, NODE_FOLDERS } from "./ladder.ts";
import type { ImportUse, SourceFile } from "./source-file.ts";
import type { Violation } from "./violation.ts";
import { isTestCode, packageName } from "./violation.ts";

const GLOBALS: Readonly<Record<string, Capability>> = {
  "Date.now": "clock",
  "new Date()": "clock",
  "performance.now": "clock",
  "process.hrtime": "clock",
  "process.hrtime.bigint": "clock",
  "process.uptime": "clock",
  setTimeout: "timers",
  setInterval: "timers",
  setImmediate: "timers",
  "AbortSignal.timeout": "timers",
  "Math.random": "randomness",
  "crypto.getRandomValues": "randomness",
  "crypto.randomUUID": "randomness",
  "crypto.subtle.generateKey": "randomness",
  fetch: "network",
  WebSocket: "network",
  EventSource: "network",
  XMLHttpRequest: "network",
  "process.env": "environment",
  "process.argv": "environment",
  "process.on": "environment",
  "process.once": "environment",
  "process.exit": "environment",
  "process.kill": "processes",
};

const BUILT_INS: Readonly<Record<string, Capability>> = {
  fs: "files",
  "fs/promises": "files",
  net: "network",
  http: "network",
  https: "network",
  http2: "network",
  tls: "network",
  dgram: "network",
  dns: "network",
  "dns/promises": "network",
  child_process: "processes",
  cluster: "processes",
  worker_threads: "processes",
  timers: "timers",
  "timers/promises": "timers",
  perf_hooks: "clock",
  process: "environment",
  sqlite: "files",
};

/** Libraries that open connections or run native code: each behind one port with one adapter file. Their types may be named anywhere. */
const DRIVERS = new Set([
  "@nats-io/transport-node",
  "@nats-io/jetstream",
  "@nats-io/kv",
  "postgres",
  "drizzle-orm/postgres-js",
  "drizzle-orm/postgres-js/migrator",
  "@cosmjs/stargate",
  "@cosmjs/tendermint-rpc",
  "onnxruntime-node",
  "fastify",
  "prom-client",
]);

const RANDOM_NAMES = /^(random\w*|getRandomValues|webcrypto|generateKey\w*|generatePrime\w*|createDiffieHellman\w*|createECDH|\*|default)$/;

/** Clock, timers, randomness, files, network, processes and the environment are reached through `Env` or a listed adapter alone. */
export function checkEnv(file: SourceFile, adapters: Readonly<Record<string, Adapter>>): Violation[] {
  if (isTestCode(file.path)) return [];
  const granted = capabilitiesOf(file.path, adapters);
  const report = (line: number, capability: Capability, what: string): Violation[] =>
    granted.has(capability) ? [] : [{ path: file.path, line, rule: "env", message: `${what} reaches ${capability}: take it from Env or an adapter` }];
  return [
    ...file.globals.flatMap(({ name, line }) => {
      const capability = GLOBALS[name];
      return capability === undefined ? [] : report(line, capability, name);
    }),
    ...file.imports.flatMap((use) => {
      const capability = use.typeOnly ? undefined : capabilityOf(use);
      return capability === undefined ? [] : report(use.line, capability, use.specifier);
    }),
  ];
}

function capabilityOf({ specifier, names }: ImportUse): Capability | undefined {
  const builtIn = specifier.replace(/^node:/, "");
  if (builtIn === "crypto") return names.some((name) => RANDOM_NAMES.test(name)) ? "randomness" : undefined;
  if (DRIVERS.has(specifier) || (DRIVERS.has(packageName(specifier)) && packageName(specifier) !== "drizzle-orm")) return "drivers";
  return BUILT_INS[builtIn];
}

/** What must run in a browser has no Node built-in and none of Node's globals. */
export function checkBrowser(file: SourceFile): Violation[] {
  const inside = (folders: readonly string[]) => folders.some((folder) => file.path.startsWith(`${folder}/`));
  if (isTestCode(file.path) || !inside(BROWSER_FOLDERS) || inside(NODE_FOLDERS)) return [];
  const imports = file.imports.filter(({ specifier, typeOnly }) => specifier.startsWith("node:") && !typeOnly);
  const globals = file.globals.filter(({ name }) => name === "Buffer" || name === "process");
  return [...imports.map(({ specifier, line }) => ({ name: specifier, line })), ...globals].map(({ name, line }) => ({
    path: file.path,
    line,
    rule: "browser" as const,
    message: `${name} exists in Node alone, and this package also runs in browsers`,
  }));
}

/** A listed adapter that is gone, or that no longer needs its leave, comes off the list. */
export function checkAdapters(paths: readonly string[], adapters: Readonly<Record<string, Adapter>>): Violation[] {
  return Object.keys(adapters)
    .filter((entry) => !paths.some((path) => path === entry || (entry.endsWith("/") && path.startsWith(entry))))
    .map((entry) => ({
      path: entry,
      line: 1,
      rule: "adapter" as const,
      message: "listed in scripts/imports/adapters.ts, but there is no such file",
    }));
}
