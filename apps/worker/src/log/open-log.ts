import { type LogId, startHead } from "@lamina/codec";
import { bytesEqual, type ChainId, type Digest, type Env, toHex } from "@lamina/primitives";
import { type GroupPlace, Journal, type JournalOptions } from "./journal.ts";
import { MissingStateError, StaleStateError } from "./log-error.ts";
import { endOfGroup, headAt, type RowGroup } from "./row-group.ts";

export interface OpenLogOptions extends JournalOptions {
  /** The operator says that this key never signed in this incarnation, so that no journal is missed. */
  readonly mayCreate: boolean;
}

/** What the chain has accepted of a log. */
export interface AcceptedLog {
  readonly count: bigint;
  readonly head: Digest;
}

/**
 * Opens the journal of a log and holds it against the chain: a worker whose state is older than what it signed before must not sign (I34, T29, T63).
 * `onGroup` sees every group in order. Throws `MissingStateError`, `StaleStateError`, `JournalCorruptError`.
 */
export async function openLog(
  options: OpenLogOptions,
  env: Pick<Env, "files" | "step">,
  accepted: AcceptedLog,
  onGroup: (group: RowGroup, place: GroupPlace) => void,
): Promise<Journal> {
  const first = startHead(options.chainId, options.log);
  if (!(await Journal.exists(options, env))) {
    if (accepted.count > 0n) throw stale(accepted, `at least ${accepted.count} rows`, `no journal in ${options.folder}`);
    if (!options.mayCreate) throw new MissingStateError({ folder: options.folder, incarnation: options.log.incarnation });
    await Journal.create(options, env, first);
  }
  let found: Digest | undefined = accepted.count === 0n ? first : undefined;
  const journal = await Journal.open(options, env, (group, place) => {
    if (group.start <= accepted.count && accepted.count <= endOfGroup(group)) found = headAt(group, accepted.count);
    onGroup(group, place);
  });
  if (journal.count < accepted.count) throw stale(accepted, `at least ${accepted.count} rows`, `${journal.count}`);
  // All that is left is one empty segment: it begins at the chain's count, or what was between is gone.
  if (journal.firstIndex === journal.count && journal.count === accepted.count) found = journal.head;
  if (journal.firstIndex > accepted.count) throw stale(accepted, `rows from ${accepted.count} on`, `rows from ${journal.firstIndex} on`);
  if (found === undefined || !bytesEqual(found, accepted.head)) {
    throw stale(accepted, `the head ${toHex(accepted.head)}`, found === undefined ? "none" : toHex(found));
  }
  return journal;
}

/** The folder of one log below the data folder: each key and incarnation has its own, so that none is ever taken for another. */
export function logFolder(dataFolder: string, chainId: ChainId, { worker, level, param, incarnation }: LogId): string {
  return `${dataFolder}/log-${chainId}-${toHex(worker).slice(0, 16)}-${level}-${param}-${incarnation}`;
}

function stale({ count }: AcceptedLog, expected: string, found: string): StaleStateError {
  return new StaleStateError({ chainCount: count, expected, found });
}
