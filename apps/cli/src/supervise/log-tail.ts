import type { Env } from "@lamina/primitives";

const TAIL_BYTES_MAX = 256 * 1024;

/** The last `count` lines of a file that hold anything; none where there is no file. */
export async function lastLines(env: Pick<Env, "files">, path: string, count: number): Promise<string[]> {
  const stat = await env.files.stat(path);
  if (stat === undefined) return [];
  const offset = Math.max(0, stat.sizeBytes - TAIL_BYTES_MAX);
  // Logs may be cut inside a character.
  const text = new TextDecoder().decode(await env.files.readRange(path, offset, TAIL_BYTES_MAX));
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return count === 0 ? [] : lines.slice(-count);
}

/** Hands over what is appended to a log from `offsetBytes` on, across rotations, until `signal` aborts. A file that does not exist yet is waited for. */
export async function followLog(
  env: Pick<Env, "files" | "timers">,
  path: string,
  offsetBytes: number,
  signal: AbortSignal,
  onBytes: (bytes: Uint8Array) => void,
): Promise<void> {
  let offset = offsetBytes;
  while (!signal.aborted) {
    const size = (await env.files.stat(path))?.sizeBytes ?? 0;
    if (size < offset) offset = 0;
    if (size > offset) {
      const bytes = await env.files.readRange(path, offset, Math.min(size - offset, TAIL_BYTES_MAX));
      offset += bytes.length;
      onBytes(bytes);
      continue;
    }
    await env.timers.sleep(FOLLOW_POLL_MS, signal).catch(() => undefined);
  }
}

const FOLLOW_POLL_MS = 200;
