import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type LaneAuthorisation, signJobBytes, spendBytes, type VerifySignature } from "@lamina/codec";
import { type Bus, spendService } from "@lamina/messaging";
import { type ChainId, type Env, type PublicKey, type Signature, toHex } from "@lamina/primitives";
import { bus } from "@lamina/protocol";
import type { DraftLane, WaitingRow } from "@lamina/rollup";
import type { Counter, Logger, Metrics } from "@lamina/telemetry";
import type { Directory } from "../intake/directory.ts";

export interface AuthoriserOptions {
  readonly chainId: ChainId;
  /** How long a block waits for its lanes' spenders. */
  readonly deadlineMs: number;
  /** How long a spender that did not answer in time is not asked again: its payer meanwhile pays for single signatures. */
  readonly restMs: number;
}

export interface AuthoriserDependencies {
  readonly env: Pick<Env, "clock">;
  readonly bus: Pick<Bus, "request">;
  readonly directory: Directory;
  readonly verify: VerifySignature;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The lanes' authorisations, or the rows whose jobs nobody signed: with them no block would ever be accepted (T66). */
export type Authorised =
  | { readonly kind: "authorised"; readonly authorisations: readonly LaneAuthorisation[] }
  | { readonly kind: "unauthorised"; readonly rows: readonly WaitingRow[] };

/** Gets for each lane its spender's signature over the root of its jobs, or else puts each job's own in. */
export class Authoriser {
  readonly #options: AuthoriserOptions;
  readonly #deps: AuthoriserDependencies;
  readonly #restUntilMs = new Map<string, number>();
  readonly #modes: Counter;

  constructor(options: AuthoriserOptions, dependencies: AuthoriserDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    const help = "Lanes in blocks by mode of authorisation";
    this.#modes = dependencies.metrics.counter({ name: "lamina_sequencer_authorisations_total", help, labelNames: ["mode"] });
  }

  async authorise(lanes: readonly DraftLane[]): Promise<Authorised> {
    const results = await Promise.all(lanes.map((lane) => this.#authoriseLane(lane)));
    const rows = results.flatMap((result) => (result.kind === "unauthorised" ? result.rows : []));
    if (rows.length > 0) return { kind: "unauthorised", rows };
    const authorisations = results.flatMap((result) => (result.kind === "authorised" ? result.authorisations : []));
    for (const { mode } of authorisations) this.#modes.increment({ mode });
    return { kind: "authorised", authorisations };
  }

  async #authoriseLane(draft: DraftLane): Promise<Authorised> {
    const known = await this.#deps.directory.lane(draft.lane);
    if (known === undefined) return { kind: "unauthorised", rows: draft.rows };
    const signature = await this.#askForRoot(draft, known.spenderKey);
    if (signature !== undefined) return { kind: "authorised", authorisations: [{ lane: draft.lane, mode: "root", signature }] };
    return this.#bySingleSignatures(draft, known.spenderKey);
  }

  /** Undefined where the spender refuses, is not there, is late, or signs something else. */
  async #askForRoot({ lane, jobIds, spend }: DraftLane, spenderKey: PublicKey): Promise<Signature | undefined> {
    const spender = toHex(spenderKey);
    const { env, logger, verify } = this.#deps;
    if ((this.#restUntilMs.get(spender) ?? 0) > env.clock.monotonicMs()) return undefined;
    const request = create(bus.SpendRootRequestSchema, { lane, term: spend.term, number: spend.number, jobIds: [...jobIds] });
    try {
      const bytes = toBinary(bus.SpendRootRequestSchema, request);
      const answer = await this.#deps.bus.request(spendService(spender), bytes, { timeoutMs: this.#options.deadlineMs });
      const { signature, refusal } = fromBinary(bus.SpendRootReplySchema, answer);
      if (verify(spenderKey, spendBytes(this.#options.chainId, spend), signature)) return signature as Signature;
      logger.warn("spender signed no root", { lane, spender, refusal });
      return undefined;
    } catch (error) {
      // Whatever went wrong there, the jobs' own signatures are here.
      logger.warn("spender did not answer", { lane, spender, error });
      this.#restUntilMs.set(spender, env.clock.monotonicMs() + this.#options.restMs);
      return undefined;
    }
  }

  #bySingleSignatures({ lane, rows, jobIds }: DraftLane, spenderKey: PublicKey): Authorised {
    const { chainId } = this.#options;
    const unauthorised = rows.filter(({ row, jobSignature }, at) => {
      const jobId = jobIds[at];
      return jobId === undefined || !this.#deps.verify(spenderKey, signJobBytes(chainId, jobId, row.settleBy), jobSignature);
    });
    if (unauthorised.length > 0) return { kind: "unauthorised", rows: unauthorised };
    const signatures = rows.map(({ jobSignature }) => jobSignature);
    return { kind: "authorised", authorisations: [{ lane, mode: "each", signatures }] };
  }
}
