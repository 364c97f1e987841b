import {
  chmod,
  chown,
  constants,
  copyFile,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  statfs,
  symlink,
  truncate,
} from "node:fs/promises";
import { dirname } from "node:path";
import type { FileStat, FileSystem, WriteOptions } from "../file-system.ts";
import { toFileError } from "./file-errors.ts";
import { openAppendHandle } from "./node-append.ts";

const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;
let temporaries = 0;

/** Files of this machine. What is called durable is fsynced, its folder too. */
export const nodeFiles: FileSystem = {
  readFile: (path) => attempt("read", path, async () => new Uint8Array(await readFile(path))),
  readRange: (path, offsetBytes, lengthBytes) => attempt("read", path, () => readRange(path, offsetBytes, lengthBytes)),
  writeFileAtomic: (path, bytes, options) => attempt("write", path, () => writeFileAtomic(path, bytes, options)),
  createFile: (path, bytes, options) => attempt("create", path, () => createFile(path, bytes, options)),
  openAppend: (path, options) => attempt("open", path, () => openAppend(path, options)),
  truncate: (path, sizeBytes) => attempt("truncate", path, () => truncate(path, sizeBytes)),
  mkdir: (path, options) =>
    attempt("create folder", path, async () => void (await mkdir(path, { recursive: true, mode: options?.mode ?? PRIVATE_FOLDER }))),
  readdir: (path) => attempt("list", path, async () => (await readdir(path)).sort()),
  stat: (path) => attempt("stat", path, () => stat(path)),
  remove: (path) => attempt("remove", path, () => rm(path, { recursive: true, force: true })),
  rename: (from, to) => attempt("rename", from, () => renameDurably(from, to)),
  copyFile: (from, to) => attempt("copy", from, () => copyFile(from, to)),
  symlink: (target, path) => attempt("link", path, () => symlink(target, path)),
  readlink: (path) => attempt("read link", path, () => readlink(path)),
  freeBytes: (path) => attempt("measure free space of", path, () => freeBytes(path)),
  chmod: (path, mode) => attempt("chmod", path, () => chmod(path, mode)),
  chown: (path, uid, gid) => attempt("chown", path, () => chown(path, uid, gid)),
};

async function attempt<T>(operation: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toFileError(operation, path, error);
  }
}

async function readRange(path: string, offsetBytes: number, lengthBytes: number): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY);
  try {
    const bytes = new Uint8Array(lengthBytes);
    let filled = 0;
    while (filled < lengthBytes) {
      const { bytesRead } = await file.read(bytes, filled, lengthBytes - filled, offsetBytes + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.slice(0, filled);
  } finally {
    await file.close();
  }
}

async function writeFileAtomic(path: string, bytes: Uint8Array, options?: WriteOptions): Promise<void> {
  // The process id and a counter keep two writers of one path, here or in another process, off each other's temporary file.
  const temporary = `${path}.${process.pid}.${++temporaries}.tmp`;
  try {
    await createSynced(temporary, bytes, options);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

async function createFile(path: string, bytes: Uint8Array, options?: WriteOptions): Promise<void> {
  await createSynced(path, bytes, options);
  await syncFolder(dirname(path));
}

async function createSynced(path: string, bytes: Uint8Array, options?: WriteOptions): Promise<void> {
  const mode = options?.mode ?? PRIVATE_FILE;
  const file = await open(path, "wx", mode);
  try {
    // Independent of the umask: a mode that was asked for is the mode it gets.
    await file.chmod(mode);
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function openAppend(path: string, options?: WriteOptions) {
  const file = await open(path, "a", options?.mode ?? PRIVATE_FILE);
  await syncFolder(dirname(path));
  return openAppendHandle(path, file, (await file.stat()).size);
}

async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
  if (dirname(from) !== dirname(to)) await syncFolder(dirname(from));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

async function stat(path: string): Promise<FileStat | undefined> {
  try {
    const found = await lstat(path);
    const kind = found.isFile() ? "file" : found.isDirectory() ? "directory" : found.isSymbolicLink() ? "symlink" : "other";
    return { kind, sizeBytes: found.size, mode: found.mode & 0o7777, uid: found.uid, gid: found.gid, modifiedMs: found.mtimeMs };
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code;
    if (errno === "ENOENT" || errno === "ENOTDIR") return undefined;
    throw error;
  }
}
