import { BaseError } from "./base-error.ts";

export interface FileStat {
  readonly kind: "file" | "directory" | "symlink" | "other";
  readonly sizeBytes: number;
  /** Permission bits alone, such as 0o600. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedMs: number;
}

/** A file open for appending. What was appended survives a crash only once a later `sync` has resolved. */
export interface AppendHandle {
  readonly path: string;
  /** Bytes in the file, those appended here included. */
  readonly sizeBytes: number;
  append(bytes: Uint8Array): Promise<void>;
  /** Resolves when everything appended before the call is on the disk (fsync). */
  sync(): Promise<void>;
  /** Cuts the file to `sizeBytes`: how a torn last record is dropped. */
  truncate(sizeBytes: number): Promise<void>;
  close(): Promise<void>;
}

export interface WriteOptions {
  /** Permission bits of a file created by the call; 0o600 where none are given. */
  readonly mode?: number;
}

/**
 * Files, as an app may use them. Paths are absolute or relative to the process' working directory. Failures throw `FileError`, whose code tells
 * a missing file (`FILE_NOT_FOUND`) and a file in the way (`FILE_EXISTS`) from the rest.
 */
export interface FileSystem {
  readFile(path: string): Promise<Uint8Array>;
  /** At most `lengthBytes` from `offsetBytes`; fewer at the end of the file. */
  readRange(path: string, offsetBytes: number, lengthBytes: number): Promise<Uint8Array>;
  /** Replaces the file whole or not at all, durably: temporary file, fsync, rename, fsync of the folder. */
  writeFileAtomic(path: string, bytes: Uint8Array, options?: WriteOptions): Promise<void>;
  /** Creates the file durably; throws `FILE_EXISTS` where there is one. The way to take a lock. */
  createFile(path: string, bytes: Uint8Array, options?: WriteOptions): Promise<void>;
  /** Opens for appending, creating the file (durably: its folder is synced) where there is none. */
  openAppend(path: string, options?: WriteOptions): Promise<AppendHandle>;
  truncate(path: string, sizeBytes: number): Promise<void>;
  /** Creates a folder and those above it; no error where it exists. Mode 0o700 where none is given. */
  mkdir(path: string, options?: WriteOptions): Promise<void>;
  /** Names in a folder, sorted. */
  readdir(path: string): Promise<string[]>;
  /** Undefined where there is nothing. Follows no symbolic link. */
  stat(path: string): Promise<FileStat | undefined>;
  /** Removes a file, or a folder with all it holds; no error where there is nothing. */
  remove(path: string): Promise<void>;
  /** Renames durably, replacing a file at `to`. */
  rename(from: string, to: string): Promise<void>;
  copyFile(from: string, to: string): Promise<void>;
  /** Makes `path` a symbolic link to `target`. */
  symlink(target: string, path: string): Promise<void>;
  /** What the symbolic link at `path` points to, as it was written. */
  readlink(path: string): Promise<string>;
  /** Bytes that this process may still write to the file system that holds `path`. */
  freeBytes(path: string): Promise<number>;
  chmod(path: string, mode: number): Promise<void>;
  chown(path: string, uid: number, gid: number): Promise<void>;
}

export type FileErrorCode = "FILE_NOT_FOUND" | "FILE_EXISTS" | "FILE_ACCESS_DENIED" | "FILE_NO_SPACE" | "FILE_FAILED";

export class FileError extends BaseError<FileErrorCode> {
  readonly details: { readonly operation: string; readonly path: string; readonly reason: string };
  constructor(code: FileErrorCode, details: { operation: string; path: string; reason: string }, options?: ErrorOptions) {
    super(code, `cannot ${details.operation} ${details.path}: ${details.reason}`, options);
    this.details = details;
  }
}
