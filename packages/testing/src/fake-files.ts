import type { AppendHandle, FileErrorCode, FileStat, FileSystem } from "@lamina/primitives";
import { concatBytes, FileError } from "@lamina/primitives";

interface Node {
  kind: "file" | "directory" | "symlink";
  bytes: Uint8Array;
  /** How much of `bytes` survives a loss of power. */
  synced: Uint8Array;
  mode: number;
  uid: number;
  gid: number;
  modifiedMs: number;
}

/**
 * Files in memory, with the durability of a disk: `losePower` drops what was appended and not synced, and closes every handle. Failures can be
 * planted per path with `failNext`.
 */
export class FakeFiles implements FileSystem {
  readonly #nodes = new Map<string, Node>([["/", directory(0o755, 0)]]);
  readonly #failures = new Map<string, FileErrorCode>();
  readonly #nowMs: () => number;
  #boot = 0;
  /** What `freeBytes` answers; writes do not lower it. */
  freeBytesLeft: number = 2 ** 40;

  constructor(nowMs: () => number = () => 0) {
    this.#nowMs = nowMs;
  }

  /** As after the plug was pulled: unsynced bytes are gone, open handles are dead. */
  losePower(): void {
    this.#boot++;
    for (const node of this.#nodes.values()) node.bytes = node.synced;
  }

  /** The next operation on `path` throws this. */
  failNext(path: string, code: FileErrorCode): void {
    this.#failures.set(normal(path), code);
  }

  async readFile(path: string): Promise<Uint8Array> {
    return this.#file("read", path).bytes.slice();
  }

  async readRange(path: string, offsetBytes: number, lengthBytes: number): Promise<Uint8Array> {
    return this.#file("read", path).bytes.slice(offsetBytes, offsetBytes + lengthBytes);
  }

  async writeFileAtomic(path: string, bytes: Uint8Array, options?: { mode?: number }): Promise<void> {
    this.#put("write", path, bytes, options?.mode ?? 0o600);
  }

  async createFile(path: string, bytes: Uint8Array, options?: { mode?: number }): Promise<void> {
    if (this.#nodes.has(normal(path))) throw failure("FILE_EXISTS", "create", path);
    this.#put("create", path, bytes, options?.mode ?? 0o600);
  }

  async openAppend(path: string, options?: { mode?: number }): Promise<AppendHandle> {
    if (!this.#nodes.has(normal(path))) this.#put("open", path, new Uint8Array(), options?.mode ?? 0o600);
    const boot = this.#boot;
    let open = true;
    const file = (operation: string): Node => {
      if (!open || boot !== this.#boot) throw failure("FILE_FAILED", operation, path, "the handle is closed");
      return this.#file(operation, path);
    };
    return {
      path,
      get sizeBytes() {
        return file("stat").bytes.length;
      },
      append: async (bytes) => this.#change(file("append to"), (old) => concatBytes(old, bytes)),
      sync: async () => {
        const node = file("sync");
        node.synced = node.bytes;
      },
      truncate: async (sizeBytes) => this.#change(file("truncate"), (old) => old.slice(0, sizeBytes)),
      close: async () => {
        file("close");
        open = false;
      },
    };
  }

  async truncate(path: string, sizeBytes: number): Promise<void> {
    this.#change(this.#file("truncate", path), (old) => old.slice(0, sizeBytes));
  }

  async mkdir(path: string, options?: { mode?: number }): Promise<void> {
    const parts = normal(path).split("/").filter(Boolean);
    for (let depth = 1; depth <= parts.length; depth++) {
      const each = `/${parts.slice(0, depth).join("/")}`;
      const found = this.#nodes.get(each);
      if (found === undefined) this.#nodes.set(each, directory(options?.mode ?? 0o700, this.#nowMs()));
      else if (found.kind !== "directory") throw failure("FILE_EXISTS", "create folder", each);
    }
  }

  async readdir(path: string): Promise<string[]> {
    this.#failPlanted("list", path);
    if (this.#nodes.get(normal(path))?.kind !== "directory") throw failure("FILE_NOT_FOUND", "list", path);
    const prefix = normal(path) === "/" ? "/" : `${normal(path)}/`;
    const below = [...this.#nodes.keys()].filter((each) => each.startsWith(prefix) && each !== "/");
    return below
      .map((each) => each.slice(prefix.length))
      .filter((name) => !name.includes("/"))
      .sort();
  }

  async stat(path: string): Promise<FileStat | undefined> {
    this.#failPlanted("stat", path);
    const node = this.#nodes.get(normal(path));
    if (node === undefined) return undefined;
    const { kind, mode, uid, gid, modifiedMs } = node;
    return { kind, sizeBytes: node.bytes.length, mode, uid, gid, modifiedMs };
  }

  async remove(path: string): Promise<void> {
    this.#failPlanted("remove", path);
    for (const each of this.#under(normal(path))) this.#nodes.delete(each);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#failPlanted("rename", from);
    if (!this.#nodes.has(normal(from))) throw failure("FILE_NOT_FOUND", "rename", from);
    this.#requireFolder("rename", to);
    for (const each of this.#under(normal(from))) {
      this.#nodes.set(normal(to) + each.slice(normal(from).length), this.#nodes.get(each) as Node);
      this.#nodes.delete(each);
    }
  }

  async copyFile(from: string, to: string): Promise<void> {
    const source = this.#file("copy", from);
    this.#put("copy", to, source.bytes, source.mode);
  }

  async symlink(target: string, path: string): Promise<void> {
    this.#put("link", path, new TextEncoder().encode(target), 0o777, "symlink");
  }

  async readlink(path: string): Promise<string> {
    const node = this.#existing("read link", path);
    if (node.kind !== "symlink") throw failure("FILE_FAILED", "read link", path, `expected a symlink, found a ${node.kind}`);
    return new TextDecoder().decode(node.bytes);
  }

  async freeBytes(path: string): Promise<number> {
    this.#existing("measure free space of", path);
    return this.freeBytesLeft;
  }

  async chmod(path: string, mode: number): Promise<void> {
    this.#existing("chmod", path).mode = mode;
  }

  async chown(path: string, uid: number, gid: number): Promise<void> {
    Object.assign(this.#existing("chown", path), { uid, gid });
  }

  #existing(operation: string, path: string): Node {
    this.#failPlanted(operation, path);
    const node = this.#nodes.get(normal(path));
    if (node === undefined) throw failure("FILE_NOT_FOUND", operation, path);
    return node;
  }

  #file(operation: string, path: string): Node {
    const node = this.#existing(operation, path);
    if (node.kind !== "file") throw failure("FILE_FAILED", operation, path, `expected a file, found a ${node.kind}`);
    return node;
  }

  #change(node: Node, edit: (old: Uint8Array) => Uint8Array): void {
    node.bytes = edit(node.bytes);
    node.modifiedMs = this.#nowMs();
  }

  #put(operation: string, path: string, bytes: Uint8Array, mode: number, kind: "file" | "symlink" = "file"): void {
    this.#failPlanted(operation, path);
    this.#requireFolder(operation, path);
    const held = bytes.slice();
    this.#nodes.set(normal(path), { kind, bytes: held, synced: held, mode, uid: 0, gid: 0, modifiedMs: this.#nowMs() });
  }

  #requireFolder(operation: string, path: string): void {
    const folder = normal(path).replace(/\/[^/]*$/, "") || "/";
    if (this.#nodes.get(folder)?.kind !== "directory") throw failure("FILE_NOT_FOUND", operation, path, `no folder ${folder}`);
  }

  #under(path: string): string[] {
    return [...this.#nodes.keys()].filter((each) => each === path || each.startsWith(`${path}/`));
  }

  #failPlanted(operation: string, path: string): void {
    const code = this.#failures.get(normal(path));
    if (code === undefined) return;
    this.#failures.delete(normal(path));
    throw failure(code, operation, path, "planted by the test");
  }
}

function directory(mode: number, modifiedMs: number): Node {
  return { kind: "directory", bytes: new Uint8Array(), synced: new Uint8Array(), mode, uid: 0, gid: 0, modifiedMs };
}

function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

function failure(code: FileErrorCode, operation: string, path: string, reason: string = code): FileError {
  return new FileError(code, { operation, path, reason });
}
