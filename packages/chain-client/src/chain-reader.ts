import { create, type DescMethodUnary, fromBinary, type MessageInitShape, type MessageShape, toBinary } from "@bufbuild/protobuf";
import type { LogId } from "@lamina/codec";
import type { Digest, PublicKey } from "@lamina/primitives";
import { type escrow, escrowQuery, type registry, registryQuery, type rollup, rollupQuery } from "@lamina/protocol";
import { QueryRefusedError } from "./chain-errors.ts";
import type { Comet } from "./comet.ts";

const PAGE_LIMIT = 200n;

/** Typed questions about a chain's state. Answers are the node's word, not proved (T35). */
export class ChainReader {
  readonly #comet: Comet;

  constructor(comet: Comet) {
    this.#comet = comet;
  }

  /** Calls any query method of Lamina's modules by its descriptor, at the latest height where none is given. Throws `QueryRefusedError`. */
  async query<Request extends DescMethodUnary["input"], Response extends DescMethodUnary["output"]>(
    method: DescMethodUnary<Request, Response>,
    init: MessageInitShape<Request>,
    height?: bigint,
  ): Promise<MessageShape<Response>> {
    const path = `/${method.parent.typeName}/${method.name}`;
    const data = toBinary(method.input, create(method.input, init));
    const answer = await this.#comet.abciQuery({ path, data, ...(height === undefined ? {} : { height }) });
    const { code, codespace, log, value } = answer;
    if (code !== 0) throw new QueryRefusedError({ path, codespace, code, log });
    return fromBinary(method.output, value);
  }

  async height(): Promise<bigint> {
    return (await this.#comet.status()).latestHeight;
  }

  /** The current sequencer's term, with the accepted number and hash; undefined before the first. */
  async term(): Promise<rollup.Term | undefined> {
    const { term } = await this.query(rollupQuery.Query.method.term, {});
    return term === undefined || term.term === 0n ? undefined : term;
  }

  async rollupParams(): Promise<rollup.Params> {
    return present((await this.query(rollupQuery.Query.method.params, {})).params, "rollup parameters");
  }

  async escrowParams(): Promise<{ params: escrow.Params; layout: escrow.Layout }> {
    const { params, layout } = await this.query(escrowQuery.Query.method.params, {});
    return { params: present(params, "escrow parameters"), layout: present(layout, "escrow layout") };
  }

  /** What the chain has of a result log: count 0 and the start head when nothing. */
  async log({ worker, level, param, incarnation }: LogId): Promise<{ count: bigint; head: Digest }> {
    const { log } = await this.query(rollupQuery.Query.method.log, { worker, level, param, incarnation });
    const { count, head } = present(log, "log");
    return { count, head: head as Digest };
  }

  async incarnation(worker: PublicKey): Promise<rollup.Incarnation> {
    return present((await this.query(rollupQuery.Query.method.incarnation, { worker })).incarnation, "incarnation");
  }

  async finalLog(): Promise<{ size: bigint; peaks: readonly Uint8Array[] }> {
    return present((await this.query(rollupQuery.Query.method.finalLog, {})).finalLog, "final log");
  }

  /** Undefined once it is final, or while it is not accepted. */
  pendingBlock(term: bigint, number: bigint): Promise<rollup.PendingBlock | undefined> {
    return this.#orNothing(async () => (await this.query(rollupQuery.Query.method.pendingBlock, { forced: false, term, number })).block);
  }

  /** Undefined where the key was never registered. */
  signingKey(key: PublicKey): Promise<registry.SigningKey | undefined> {
    return this.#orNothing(async () => (await this.query(registryQuery.Query.method.signingKey, { key })).signingKey);
  }

  operatorByKey(signingKey: PublicKey): Promise<registry.Operator | undefined> {
    return this.#orNothing(async () => (await this.query(registryQuery.Query.method.operatorByKey, { signingKey })).operator);
  }

  operatorByAccount(operator: string, role: registry.OperatorRole): Promise<registry.Operator | undefined> {
    return this.#orNothing(async () => (await this.query(registryQuery.Query.method.operatorByAccount, { operator, role })).operator);
  }

  async operators(role: registry.OperatorRole): Promise<registry.Operator[]> {
    return this.#pages(async (key) => {
      const { operators, pagination } = await this.query(registryQuery.Query.method.operators, { role, pagination: { key, limit: PAGE_LIMIT } });
      return { items: operators, next: pagination?.nextKey };
    });
  }

  model(modelId: Uint8Array): Promise<registry.Model | undefined> {
    return this.#orNothing(async () => (await this.query(registryQuery.Query.method.model, { modelId })).model);
  }

  /** By name; the newest version where none is given. */
  modelByName(name: string, version = ""): Promise<registry.Model | undefined> {
    return this.#orNothing(async () => (await this.query(registryQuery.Query.method.model, { name, version })).model);
  }

  async modelVersions(): Promise<registry.ModelVersion[]> {
    return this.#pages(async (key) => {
      const { versions, pagination } = await this.query(registryQuery.Query.method.models, { pagination: { key, limit: PAGE_LIMIT } });
      return { items: versions, next: pagination?.nextKey };
    });
  }

  lane(id: bigint): Promise<escrow.Lane | undefined> {
    return this.#orNothing(async () => (await this.query(escrowQuery.Query.method.lane, { id })).lane);
  }

  /** Of one payer, or all where none is given. */
  async lanes(payer = ""): Promise<escrow.Lane[]> {
    return this.#pages(async (key) => {
      const { lanes, pagination } = await this.query(escrowQuery.Query.method.lanes, { payer, pagination: { key, limit: PAGE_LIMIT } });
      return { items: lanes, next: pagination?.nextKey };
    });
  }

  /** A payer's free deposit, ulam. */
  async depositUlam(payer: string): Promise<bigint> {
    const found = await this.#orNothing(async () => (await this.query(escrowQuery.Query.method.deposit, { payer })).balance);
    return found === undefined || found === "" ? 0n : BigInt(found);
  }

  async #pages<T>(page: (key: Uint8Array) => Promise<{ items: readonly T[]; next: Uint8Array | undefined }>): Promise<T[]> {
    const all: T[] = [];
    let key: Uint8Array | undefined = new Uint8Array();
    while (key !== undefined) {
      const { items, next }: { items: readonly T[]; next: Uint8Array | undefined } = await page(key);
      all.push(...items);
      key = next === undefined || next.length === 0 ? undefined : next;
    }
    return all;
  }

  async #orNothing<T>(work: () => Promise<T | undefined>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof QueryRefusedError && isNotFound(error)) return undefined;
      throw error;
    }
  }
}

/** gRPC's NotFound crosses ABCI in the log alone: its code is that of every query error of the SDK. */
function isNotFound({ details }: QueryRefusedError): boolean {
  return /code = NotFound|not found/.test(details.log);
}

function present<T>(value: T | undefined, what: string): T {
  if (value !== undefined) return value;
  throw new QueryRefusedError({ path: what, codespace: "client", code: 0, log: "the answer holds none" });
}
