import { type AppendHandle, bytesEqual, type ChainId, type Digest, type Env, type PublicKey, toHex } from "@lamina/primitives";
import type { SignerState } from "@lamina/rollup";
import type { Logger } from "@lamina/telemetry";
import { frameRecord, type JournalBlock, JournalError, type JournalRecord, readRecord } from "./journal-record.ts";

export interface JournalOptions {
  readonly directory: string;
  readonly chainId: ChainId;
  /** The key whose signatures it remembers. */
  readonly key: PublicKey;
  /** A file larger than this is followed by a new one. */
  readonly fileBytesMax: number;
}

export interface JournalDependencies {
  readonly env: Pick<Env, "files" | "step">;
  readonly logger: Logger;
}

interface ClosedFile {
  readonly path: string;
  /** Highest block number in it, by term. */
  readonly highest: ReadonlyMap<bigint, bigint>;
}

const FILE_NAME = /^journal-(\d{10})\.log$/;

/**
 * The signer's memory: what it signed is on the disk before any signature leaves the process, so that no crash makes it sign two headers of one
 * number (I11, T29). Files only grow; a file goes once the chain holds all its blocks. One process at a time.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #deps: JournalDependencies;
  readonly #blocks: JournalBlock[] = [];
  readonly #highest = new Map<bigint, bigint>();
  readonly #termStarts = new Map<bigint, bigint>();
  #closedFiles: ClosedFile[] = [];
  #file: AppendHandle | undefined;
  #fileNumber = 0;
  #fileHighest = new Map<bigint, bigint>();

  private constructor(options: JournalOptions, dependencies: JournalDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  /** Reads what is there, dropping a torn last record. Throws `JournalError` for another chain's, another key's or a damaged journal. */
  static async open(options: JournalOptions, dependencies: JournalDependencies): Promise<Journal> {
    const journal = new Journal(options, dependencies);
    await dependencies.env.files.mkdir(options.directory);
    const names = (await dependencies.env.files.readdir(options.directory)).filter((name) => FILE_NAME.test(name));
    for (const [index, name] of names.entries()) await journal.#replay(name, index === names.length - 1);
    if (journal.#file === undefined) await journal.#startFile();
    return journal;
  }

  /** Blocks that the chain is not yet known to hold, ascending within each term. */
  get blocks(): readonly JournalBlock[] {
    return this.#blocks;
  }

  signerState(operator: string): SignerState {
    return { key: this.#options.key, operator, termStarts: this.#termStarts, blocks: this.#blocks, highest: this.#highest };
  }

  /** Resolves once the block is on the disk: only then may its signature be shown. Throws `JournalError` for a number not above all before it. */
  async appendBlock(block: JournalBlock): Promise<void> {
    const highest = this.#highest.get(block.term) ?? this.#termStarts.get(block.term) ?? 0n;
    if (block.number <= highest) {
      throw new JournalError({
        path: this.#options.directory,
        expected: `a number above ${highest} in term ${block.term}`,
        found: `${block.number}`,
      });
    }
    await this.#append({ kind: "block", block });
    this.#keep(block);
    if ((this.#file?.sizeBytes ?? 0) > this.#options.fileBytesMax) await this.#rotate();
  }

  /** Remembers where a term begins, before the chain is asked for it. */
  async appendTerm(term: bigint, acceptedNumber: bigint, acceptedHash: Digest): Promise<void> {
    await this.#append({ kind: "term", term, acceptedNumber, acceptedHash });
    this.#termStarts.set(term, acceptedNumber);
  }

  /** Lets go of what the chain holds: blocks of `term` up to `number`, and all of earlier terms, which are dead. */
  async release(term: bigint, number: bigint): Promise<void> {
    const kept = this.#blocks.filter((block) => block.term > term || (block.term === term && block.number > number));
    if (kept.length !== this.#blocks.length) this.#blocks.splice(0, this.#blocks.length, ...kept);
    const isDone = ({ highest }: ClosedFile) => [...highest].every(([each, last]) => each < term || (each === term && last <= number));
    for (const file of this.#closedFiles.filter(isDone)) {
      await this.#deps.env.step("sequencer.journal-release");
      await this.#deps.env.files.remove(file.path);
    }
    this.#closedFiles = this.#closedFiles.filter((file) => !isDone(file));
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #append(record: JournalRecord): Promise<void> {
    const file = this.#file;
    if (file === undefined) throw new JournalError({ path: this.#options.directory, expected: "an open journal", found: "a closed one" });
    await file.append(frameRecord(record));
    await this.#deps.env.step("sequencer.journal-written");
    await file.sync();
  }

  #keep(block: JournalBlock): void {
    this.#blocks.push(block);
    this.#highest.set(block.term, block.number);
    this.#fileHighest.set(block.term, block.number);
  }

  async #rotate(): Promise<void> {
    const path = this.#path(this.#fileNumber);
    await this.#file?.close();
    this.#file = undefined;
    this.#closedFiles.push({ path, highest: this.#fileHighest });
    await this.#startFile();
  }

  async #startFile(): Promise<void> {
    this.#fileNumber += 1;
    this.#fileHighest = new Map();
    const path = this.#path(this.#fileNumber);
    const records: JournalRecord[] = [{ kind: "owner", chainId: this.#options.chainId, key: this.#options.key }];
    for (const [term, number] of this.#highest) records.push({ kind: "highest", term, number });
    for (const [term, acceptedNumber] of this.#termStarts) {
      records.push({ kind: "term", term, acceptedNumber, acceptedHash: new Uint8Array(32) as Digest });
    }
    this.#file = await this.#deps.env.files.openAppend(path);
    for (const record of records) await this.#file.append(frameRecord(record));
    await this.#file.sync();
  }

  #path(fileNumber: number): string {
    return `${this.#options.directory}/journal-${`${fileNumber}`.padStart(10, "0")}.log`;
  }

  async #replay(name: string, isLast: boolean): Promise<void> {
    const path = `${this.#options.directory}/${name}`;
    const bytes = await this.#deps.env.files.readFile(path);
    this.#fileNumber = Number(FILE_NAME.exec(name)?.[1]);
    this.#fileHighest = new Map();
    let offset = 0;
    for (;;) {
      const framed = readRecord(bytes, offset, this.#options.chainId);
      if (framed.kind === "corrupt") throw new JournalError({ path, expected: framed.expected, found: framed.found });
      if (framed.kind === "torn" && !isLast) throw new JournalError({ path, expected: "a whole last record", found: "a torn one" });
      if (framed.kind !== "record") break;
      this.#apply(path, framed.record, offset === 0);
      offset = framed.end;
    }
    if (isLast) await this.#continueFile(path, offset, bytes.length);
    else this.#closedFiles.push({ path, highest: this.#fileHighest });
  }

  async #continueFile(path: string, whole: number, found: number): Promise<void> {
    // Without its first record a file was cut in its making: nothing was ever written to it.
    this.#file = await this.#deps.env.files.openAppend(path);
    if (whole === found && whole > 0) return;
    this.#deps.logger.warn("journal ended in a torn record", { path, wholeBytes: whole, foundBytes: found });
    await this.#file.truncate(whole);
    await this.#file.sync();
    if (whole > 0) return;
    await this.#file.close();
    await this.#deps.env.files.remove(path);
    this.#fileNumber -= 1;
    await this.#startFile();
  }

  #apply(path: string, record: JournalRecord, isFirst: boolean): void {
    if (isFirst !== (record.kind === "owner")) throw new JournalError({ path, expected: "one owner, first", found: record.kind });
    switch (record.kind) {
      case "owner":
        this.#checkOwner(path, record);
        break;
      case "term":
        this.#termStarts.set(record.term, record.acceptedNumber);
        break;
      case "highest":
        if (record.number > (this.#highest.get(record.term) ?? 0n)) this.#highest.set(record.term, record.number);
        break;
      case "block":
        this.#keep(record.block);
        break;
    }
  }

  #checkOwner(path: string, { chainId, key }: Extract<JournalRecord, { kind: "owner" }>): void {
    const { chainId: expected, key: ours } = this.#options;
    if (chainId !== expected) throw new JournalError({ path, expected: `the chain ${expected}`, found: chainId });
    if (!bytesEqual(key, ours)) throw new JournalError({ path, expected: `the key ${toHex(ours)}`, found: toHex(key) });
  }
}
