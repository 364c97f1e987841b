import { fileURLToPath } from "node:url";
import type { Env } from "@lamina/primitives";

/** Where every part of the repository keeps the one build of nats-server. */
const REPOSITORY = fileURLToPath(new URL("../../../../", import.meta.url));
const BINARY = `${REPOSITORY}build/bin/nats-server`;
const MODULE = `${REPOSITORY}infra/devnet/nats`;

/** The path of nats-server, built from the pinned module where it is not there yet (half a minute with warm caches). */
export async function natsBinary(env: Pick<Env, "files" | "spawn">): Promise<string> {
  if ((await env.files.stat(BINARY)) !== undefined) return BINARY;
  await env.files.mkdir(`${REPOSITORY}build/bin`);
  // Built aside and renamed, so that a test beside us never starts half a file.
  const partial = `${BINARY}.${process.pid}`;
  const args = ["build", "-trimpath", "-ldflags", "-s -w", "-o", partial, "github.com/nats-io/nats-server/v2"];
  const goEnvironment = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  const build = env.spawn("go", args, { cwd: MODULE, env: goEnvironment, stdio: { stdin: "ignore", stdout: "inherit", stderr: "inherit" } });
  const { code, error } = await build.exited;
  if (code !== 0) throw new Error(`go build of nats-server: expected exit code 0, found ${code}`, { cause: error });
  await env.files.rename(partial, BINARY);
  return BINARY;
}
