import type { LogId } from "@lamina/codec";
import { type AppendHandle, bytesEqual, type ChainId, DecodeError, type Digest, type Env } from "@lamina/primitives";
import { passPoint } from "../crash-points.ts";
import { frame, isTornEnd, readFrame } from "./framing.ts";
import { JournalCorruptError, JournalFailedError } from "./log-error.ts";
import { endOfGroup, looksLikeGroup, type RowGroup, readGroup, settleByOf, writeGroup } from "./row-group.ts";
import { readSegmentHeader, writeSegmentHeader } from "./segment-header.ts";

export interface JournalOptions {
  readonly folder: string;
  readonly chainId: ChainId;
  readonly log: LogId;
  /** A segment larger than this is followed by a new one. */
  readonly segmentBytes: number;
}

type JournalEnv = Pick<Env, "files" | "step">;

/** Where a group lies. */
export interface GroupPlace {
  readonly segment: Segment;
  readonly offset: number;
  readonly length: number;
}

export interface Segment {
  readonly path: string;
  readonly start: bigint;
  /** The log's count behind its last row. */
  end: bigint;
  /** The greatest settle_by of its rows; 0 without any. */
  settleBy: bigint;
  sizeBytes: number;
}

/** Bytes of one record at most: what `RowLog` puts into one group, with room. */
export const RECORD_BYTES_MAX = 64 * 1024 * 1024;
const NAME = /^rows-(\d{20})\.log$/;

/**
 * The result log on disk: append-only segments of checksummed groups. What `append` confirmed survives any crash, and nothing is ever signed that
 * it did not confirm (I11, T29). One process at a time (see state-lock.ts); one `append` at a time.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #env: JournalEnv;
  readonly #segments: Segment[] = [];
  #file: AppendHandle | undefined;
  #count = 0n;
  #head: Digest;
  #failure: JournalFailedError | undefined;

  private constructor(options: JournalOptions, env: JournalEnv, head: Digest) {
    this.#options = options;
    this.#env = env;
    this.#head = head;
  }

  static async exists({ folder }: Pick<JournalOptions, "folder">, env: JournalEnv): Promise<boolean> {
    if ((await env.files.stat(folder)) === undefined) return false;
    return (await env.files.readdir(folder)).some((name) => NAME.test(name));
  }

  /** Makes an empty journal; `head` is the log's start head. */
  static async create(options: JournalOptions, env: JournalEnv, head: Digest): Promise<void> {
    await env.files.mkdir(options.folder);
    await new Journal(options, env, head).#writeSegment();
  }

  /**
   * Reads what is there, calling `onGroup` for each group in order, and cuts a torn last write off. Throws `JournalCorruptError` for damage and for
   * another log's files, `FileError`.
   */
  static async open(options: JournalOptions, env: JournalEnv, onGroup: (group: RowGroup, place: GroupPlace) => void): Promise<Journal> {
    const journal = new Journal(options, env, new Uint8Array(32) as Digest);
    const names = await env.files.readdir(options.folder);
    // What a crash left of a segment in the making.
    for (const name of names.filter((each) => each.endsWith(".tmp"))) await env.files.remove(`${options.folder}/${name}`);
    const segments = names.filter((name) => NAME.test(name));
    for (const [at, name] of segments.entries()) await journal.#readSegment(name, at === 0, at === segments.length - 1, onGroup);
    return journal;
  }

  /** Rows in the log. */
  get count(): bigint {
    return this.#count;
  }

  get head(): Digest {
    return this.#head;
  }

  /** Index of the oldest row that is still here. */
  get firstIndex(): bigint {
    return this.#segments[0]?.start ?? this.#count;
  }

  get sizeBytes(): number {
    return this.#segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** Resolves when the group is on the disk. Throws `JournalFailedError`, from then on always: the disk is uncertain until it is read again. */
  async append(group: RowGroup): Promise<GroupPlace> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return await this.#append(group);
    } catch (cause) {
      this.#failure = new JournalFailedError(this.#options.folder, { cause });
      throw this.#failure;
    }
  }

  /** A group as it was appended. Throws `JournalCorruptError`, `FileError`. */
  async read({ segment, offset, length }: GroupPlace): Promise<RowGroup> {
    const framed = readFrame(await this.#env.files.readRange(segment.path, offset, length), 0);
    if (framed.kind !== "record") throw new JournalCorruptError({ path: segment.path, expected: `a record at ${offset}`, found: "damage" });
    return readGroup(framed.payload);
  }

  /** Removes whole segments, oldest first, while `isDone` says so; never the one that is written to. Returns the new first index. */
  async drop(isDone: (segment: Pick<Segment, "end" | "settleBy">) => boolean): Promise<bigint> {
    for (let oldest = this.#segments[0]; this.#segments.length > 1 && oldest !== undefined && isDone(oldest); oldest = this.#segments[0]) {
      await passPoint(this.#env, "worker.log.drop");
      await this.#env.files.remove(oldest.path);
      this.#segments.shift();
    }
    return this.firstIndex;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #append(group: RowGroup): Promise<GroupPlace> {
    await passPoint(this.#env, "worker.log.append");
    if ((this.#segments.at(-1)?.sizeBytes ?? 0) >= this.#options.segmentBytes) await this.#roll();
    const file = await this.#openFile();
    const segment = this.#segments.at(-1) as Segment;
    const bytes = frame(writeGroup(group));
    const place = { segment, offset: segment.sizeBytes, length: bytes.length };
    await file.append(bytes);
    await passPoint(this.#env, "worker.log.appended");
    await file.sync();
    segment.sizeBytes += bytes.length;
    this.#advance(segment, group);
    return place;
  }

  #advance(segment: Segment, group: RowGroup): void {
    segment.end = endOfGroup(group);
    segment.settleBy = group.rows.reduce((latest, row) => (settleByOf(row) > latest ? settleByOf(row) : latest), segment.settleBy);
    this.#count = segment.end;
    this.#head = group.head;
  }

  async #roll(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    await this.#writeSegment();
    await passPoint(this.#env, "worker.log.roll");
  }

  /** Appears whole or not at all, so that a segment without its header is always damage. */
  async #writeSegment(): Promise<void> {
    const { folder, chainId, log } = this.#options;
    const path = `${folder}/rows-${String(this.#count).padStart(20, "0")}.log`;
    const bytes = frame(writeSegmentHeader(chainId, log, { start: this.#count, head: this.#head }));
    await this.#env.files.writeFileAtomic(path, bytes);
    this.#segments.push({ path, start: this.#count, end: this.#count, settleBy: 0n, sizeBytes: bytes.length });
  }

  async #openFile(): Promise<AppendHandle> {
    const segment = this.#segments.at(-1) as Segment;
    this.#file ??= await this.#env.files.openAppend(segment.path);
    return this.#file;
  }

  async #readSegment(name: string, isFirst: boolean, isLast: boolean, onGroup: (group: RowGroup, place: GroupPlace) => void): Promise<void> {
    const path = `${this.#options.folder}/${name}`;
    const bytes = await this.#env.files.readFile(path);
    let offset = this.#readHeader(path, bytes, isFirst);
    const segment: Segment = { path, start: this.#count, end: this.#count, settleBy: 0n, sizeBytes: bytes.length };
    this.#segments.push(segment);
    for (;;) {
      const framed = readFrame(bytes, offset);
      if (framed.kind === "end") break;
      if (framed.kind === "torn") {
        if (!isLast || !isTornEnd(bytes, offset, RECORD_BYTES_MAX, looksLikeGroup)) {
          throw new JournalCorruptError({ path, expected: `a whole record at ${offset}`, found: "damage with more behind it" });
        }
        break;
      }
      const group = this.#believe(path, offset, framed.payload);
      onGroup(group, { segment, offset, length: framed.end - offset });
      this.#advance(segment, group);
      offset = framed.end;
    }
    segment.sizeBytes = offset;
    if (isLast) await this.#finishOpening(offset);
  }

  #readHeader(path: string, bytes: Uint8Array, isFirst: boolean): number {
    const framed = readFrame(bytes, 0);
    if (framed.kind !== "record") throw new JournalCorruptError({ path, expected: "a header", found: `${bytes.length} bytes without one` });
    const header = readSegmentHeader(path, framed.payload, this.#options.chainId, this.#options.log);
    if (isFirst) {
      this.#count = header.start;
      this.#head = header.head;
    } else if (header.start !== this.#count || !bytesEqual(header.head, this.#head)) {
      throw new JournalCorruptError({ path, expected: `rows from ${this.#count} on, following the segment before`, found: `from ${header.start}` });
    }
    return framed.end;
  }

  #believe(path: string, offset: number, payload: Uint8Array): RowGroup {
    try {
      const group = readGroup(payload);
      if (group.start === this.#count && bytesEqual(group.previousHead, this.#head)) return group;
      throw new JournalCorruptError({ path, expected: `rows from ${this.#count} on, following those before`, found: `from ${group.start}` });
    } catch (cause) {
      if (!(cause instanceof DecodeError)) throw cause;
      throw new JournalCorruptError({ path, expected: `rows at ${offset}`, found: "something else" }, { cause });
    }
  }

  /** What an earlier process wrote and never saw synced is made sure of before anything is signed on top of it. */
  async #finishOpening(wholeBytes: number): Promise<void> {
    const file = await this.#openFile();
    if (file.sizeBytes > wholeBytes) await file.truncate(wholeBytes);
    await file.sync();
  }
}
