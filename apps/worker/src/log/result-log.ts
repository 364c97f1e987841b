import { encodeRow, headBytes, type Job, type LogId, type Signer } from "@lamina/codec";
import { hashLeaf } from "@lamina/merkle";
import type { ChainId, Digest, Env, JobId, Signature } from "@lamina/primitives";
import { passPoint } from "../crash-points.ts";
import type { GroupPlace, Journal } from "./journal.ts";
import { JournalFullError } from "./log-error.ts";
import { endOfGroup, GROUP_ROWS_MAX, headAt, headsAfter, type RowGroup } from "./row-group.ts";

/**
 * Rows under one signed head. An answer carries the leaf hashes of the rows that follow its own up to the signed head, so few rows keep answers
 * small, while one signature still serves many.
 */
const HEAD_ROWS_MAX = 32n;
const GROUP_BYTES_MAX = 8 * 1024 * 1024;

/** A result on its way into the log. */
export interface NewRow {
  readonly job: Job;
  readonly jobId: JobId;
  readonly jobSignature: Uint8Array;
  readonly units: bigint;
  readonly charge: bigint;
  readonly output: Digest;
  /** The field `outputs` of its WorkAnswer, encoded. */
  readonly outputs: Uint8Array;
  /** Asked once more before the row is appended: work that nobody waits for any more earns nothing. */
  readonly isWanted: () => boolean;
  /** Told the row's index once it is on the disk. */
  readonly onIndex: (index: bigint) => void;
}

export interface SignedHead {
  readonly count: bigint;
  readonly head: Digest;
  readonly signature: Signature;
}

/** A result that is on the disk, with what proves it: the row, `head(index)`, the leaf hashes behind it and the head that covers them. */
export interface StoredResult {
  readonly row: Uint8Array;
  readonly previousHead: Digest;
  readonly following: readonly Digest[];
  readonly signed: SignedHead;
  readonly outputs: Uint8Array;
}

export interface ResultLogOptions {
  readonly chainId: ChainId;
  readonly log: LogId;
  readonly bytesMax: number;
}

export interface ResultLogDependencies {
  readonly env: Pick<Env, "step">;
  readonly signer: Signer;
  /** The chain's height as last known. */
  readonly height: () => bigint;
  /** Told of each group once it is on the disk. */
  readonly onGroup: (group: RowGroup, place: GroupPlace, jobIds: readonly JobId[]) => void;
  /** Told once when the journal fails: the process must end. */
  readonly onFailure: (error: unknown) => void;
}

interface Waiting {
  readonly row: NewRow;
  /** Undefined: nobody wanted it any more, and no row was made. */
  readonly resolve: (stored: StoredResult | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The one writer of a result log. Rows that wait while the disk is busy go together by the next fsync; only then are heads signed, so no signature
 * ever leaves for rows that a crash could take back (I11, T29). `append` in any order from many jobs; indices follow the order of their waiting.
 */
export class ResultLog {
  readonly #options: ResultLogOptions;
  readonly #deps: ResultLogDependencies;
  readonly #journal: Journal;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  /** Heads at the ends of groups that are still in memory: answered first and published next, signed once. */
  readonly #ends = new WeakMap<RowGroup, SignedHead>();

  constructor(options: ResultLogOptions, dependencies: ResultLogDependencies, journal: Journal) {
    this.#options = options;
    this.#deps = dependencies;
    this.#journal = journal;
  }

  get count(): bigint {
    return this.#journal.count;
  }

  get rowsWaiting(): number {
    return this.#waiting.length;
  }

  /** Throws `JournalFullError` while there is no room: to be asked before a job is run. */
  requireRoom(): void {
    const foundBytes = this.#journal.sizeBytes;
    if (foundBytes >= this.#options.bytesMax) throw new JournalFullError({ limitBytes: this.#options.bytesMax, foundBytes });
  }

  /** Resolves when the row is on the disk and under a signed head; with undefined where it was not wanted any more. Throws `JournalFailedError`. */
  append(row: NewRow): Promise<StoredResult | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  /** A result of an earlier group, as it was answered the first time. */
  async stored(place: GroupPlace, at: number): Promise<StoredResult> {
    const group = await this.#journal.read(place);
    return resultOf(group, at, await this.#sign(group, headEnd(group, at)));
  }

  /** The group's last head, signed: the same bytes at every call. */
  async signEnd(group: RowGroup): Promise<SignedHead> {
    return this.#ends.get(group) ?? this.#sign(group, endOfGroup(group));
  }

  read(place: GroupPlace): Promise<RowGroup> {
    return this.#journal.read(place);
  }

  /** Resolves when nothing waits to be written. */
  async idle(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #writeAll(): Promise<void> {
    // Rows of one turn of the event loop go together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const taken = this.#take();
      if (taken.length === 0) continue;
      try {
        await this.#writeGroup(taken);
      } catch (error) {
        for (const { reject } of [...taken, ...this.#waiting.splice(0)]) reject(error);
        this.#deps.onFailure(error);
      }
    }
    this.#writing = undefined;
  }

  #take(): Waiting[] {
    const taken: Waiting[] = [];
    let bytes = 0;
    let looked = 0;
    for (const each of this.#waiting) {
      if (taken.length === GROUP_ROWS_MAX || bytes > GROUP_BYTES_MAX) break;
      looked += 1;
      if (!each.row.isWanted()) {
        each.resolve(undefined);
        continue;
      }
      taken.push(each);
      bytes += each.row.outputs.length;
    }
    this.#waiting.splice(0, looked);
    return taken;
  }

  async #writeGroup(taken: readonly Waiting[]): Promise<void> {
    const group = this.#groupOf(taken.map(({ row }) => row));
    const place = await this.#journal.append(group);
    await passPoint(this.#deps.env, "worker.log.synced");
    const heads = await this.#signChunks(group);
    await passPoint(this.#deps.env, "worker.log.signed");
    this.#deps.onGroup(
      group,
      place,
      taken.map(({ row }) => row.jobId),
    );
    taken.forEach(({ row, resolve }, at) => {
      row.onIndex(group.start + BigInt(at));
      resolve(resultOf(group, at, heads[Math.floor(at / Number(HEAD_ROWS_MAX))] as SignedHead));
    });
  }

  #groupOf(rows: readonly NewRow[]): RowGroup {
    const { worker: _, ...place } = this.#options.log;
    const start = this.#journal.count;
    const encoded = rows.map(({ job, units, charge, output }, at) =>
      encodeRow({ ...job, ...place, index: start + BigInt(at), units, charge, output }),
    );
    const leafHashes = encoded.map(hashLeaf);
    const previousHead = this.#journal.head;
    const heads = headsAfter(previousHead, leafHashes);
    const head = heads.at(-1) ?? previousHead;
    const jobSignatures = rows.map(({ jobSignature }) => jobSignature);
    const outputs = rows.map((row) => row.outputs);
    return { height: this.#deps.height(), start, previousHead, rows: encoded, jobSignatures, outputs, leafHashes, heads, head };
  }

  async #signChunks(group: RowGroup): Promise<SignedHead[]> {
    const heads: SignedHead[] = [];
    const rows = group.rows.length;
    for (let at = 0; at < rows; at += Number(HEAD_ROWS_MAX)) heads.push(await this.#sign(group, headEnd(group, at)));
    const last = heads.at(-1);
    if (last !== undefined) this.#ends.set(group, last);
    return heads;
  }

  /** Signs the head at `count`, which lies within a group that is on the disk. */
  async #sign(group: RowGroup, count: bigint): Promise<SignedHead> {
    const { chainId, log } = this.#options;
    const head = headAt(group, count);
    const signature = await this.#deps.signer.sign(headBytes(chainId, { ...log, count, head }));
    return { count, head, signature: signature as Signature };
  }
}

/** Count of the head that covers row `at`: heads stand every 32 rows of a group and at its end. */
function headEnd(group: RowGroup, at: number): bigint {
  const chunkEnd = group.start + (BigInt(at) / HEAD_ROWS_MAX + 1n) * HEAD_ROWS_MAX;
  const end = endOfGroup(group);
  return chunkEnd < end ? chunkEnd : end;
}

function resultOf(group: RowGroup, at: number, signed: SignedHead): StoredResult {
  return {
    row: group.rows[at] as Uint8Array,
    previousHead: headAt(group, group.start + BigInt(at)),
    following: group.leafHashes.slice(at + 1, Number(signed.count - group.start)),
    signed,
    outputs: group.outputs[at] as Uint8Array,
  };
}
