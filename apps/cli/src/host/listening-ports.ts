import type { Env } from "@lamina/primitives";
import { decodeUtf8, FileError } from "@lamina/primitives";
import { allPids, commandLineOf } from "./process-identity.ts";

const LISTEN = "0A";

/** TCP ports that somebody listens on in this network namespace, with the socket's inode. Source: proc_net(5). */
export async function listeningPorts(env: Pick<Env, "files">): Promise<Map<number, string>> {
  const ports = new Map<number, string>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const { port, inode } of parseSocketTable(await readTable(env, table))) ports.set(port, inode);
  }
  return ports;
}

export function parseSocketTable(text: string): { port: number; inode: string }[] {
  const sockets: { port: number; inode: string }[] = [];
  for (const line of text.split("\n").slice(1)) {
    const fields = line.trim().split(/\s+/);
    const [localAddress, state, inode] = [fields[1], fields[3], fields[9]];
    const portHex = localAddress?.split(":")[1];
    if (state !== LISTEN || portHex === undefined || inode === undefined) continue;
    sockets.push({ port: Number.parseInt(portHex, 16), inode });
  }
  return sockets;
}

export interface SocketOwner {
  readonly pid: number;
  readonly commandLine: string;
}

/** The process that holds a socket; undefined where it belongs to somebody whose files we may not see. */
export async function socketOwner(env: Pick<Env, "files">, inode: string): Promise<SocketOwner | undefined> {
  for (const pid of await allPids(env)) {
    if (!(await holdsSocket(env, pid, inode))) continue;
    return { pid, commandLine: (await commandLineOf(env, pid)) ?? "" };
  }
  return undefined;
}

async function holdsSocket(env: Pick<Env, "files">, pid: number, inode: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  try {
    for (const name of await env.files.readdir(folder)) {
      if ((await env.files.readlink(`${folder}/${name}`)) === `socket:[${inode}]`) return true;
    }
  } catch (error) {
    // Gone meanwhile, or not ours to see.
    if (!(error instanceof FileError)) throw error;
  }
  return false;
}

async function readTable(env: Pick<Env, "files">, path: string): Promise<string> {
  try {
    return decodeUtf8(await env.files.readFile(path));
  } catch (error) {
    // A machine without IPv6 has no tcp6.
    if (error instanceof FileError && error.code === "FILE_NOT_FOUND") return "";
    throw error;
  }
}
