import { encodeJob, epochOf, itemsCommitment, type Job, jobIdOfBytes, NO_PARAMETERS, privateCommitment, signJobBytes } from "@lamina/codec";
import { type ChainId, type Env, toHex } from "@lamina/primitives";
import type { ChainFollower } from "../chain/chain-follower.ts";
import type { ChainRules, ChainSnapshot } from "../chain/chain-snapshot.ts";
import { GatewayError } from "../gateway-error.ts";
import type { ChosenWorker } from "../workers/worker-directory.ts";
import { cancelRequest } from "./cancel-request.ts";
import type { IssuedJobs } from "./issued-jobs.ts";
import { chooseLane } from "./lane-choice.ts";
import type { NonceRanges } from "./nonce-ranges.ts";
import type { PreparedJob } from "./prepared-job.ts";
import type { SpenderKeys } from "./spender-keys.ts";
import type { WorkOrder } from "./work-order.ts";

const SALT_BYTES = 32;
/** Heights left between the last `settle_by` that is signed and the horizon: the chain is a little ahead of what was read. */
const HORIZON_MARGIN = 10n;

export interface JobMakerDependencies {
  readonly env: Pick<Env, "random" | "step">;
  readonly chain: ChainFollower;
  readonly nonces: NonceRanges;
  readonly spenders: SpenderKeys;
  readonly issued: IssuedJobs;
  /** Lanes that an organisation may spend from. */
  readonly lanesOf: (organisationId: string) => readonly bigint[];
}

/** What an order costs at a price: the row's charge, and the most that settling it may debit. Ulam. */
export interface Price {
  readonly units: bigint;
  readonly unitPrice: bigint;
  readonly charge: bigint;
  readonly ceiling: bigint;
}

/** Turns an order into a signed job for one worker. */
export class JobMaker {
  readonly #chainId: ChainId;
  readonly #dependencies: JobMakerDependencies;

  constructor(options: { readonly chainId: ChainId }, dependencies: JobMakerDependencies) {
    this.#chainId = options.chainId;
    this.#dependencies = dependencies;
  }

  priceOf(order: Pick<WorkOrder, "items" | "profile">, unitPrice: bigint): Price {
    return priceOf(this.#dependencies.chain.require().rules, order.items.length, order.profile.unitsPerItem, unitPrice);
  }

  /** Throws `GatewayError` where no lane covers it or no nonce is left. */
  async prepare(order: WorkOrder, worker: ChosenWorker, price: Price): Promise<PreparedJob> {
    const { env, chain, spenders, issued } = this.#dependencies;
    const snapshot = chain.require();
    const settleBy = settleByOf(snapshot);
    const need = { modelIdHex: order.model.modelIdHex, level: order.level, ceiling: price.ceiling, settleBy };
    const lane = chooseLane(snapshot, this.#dependencies.lanesOf(order.organisationId), need);
    const place = await this.#takeNonce(snapshot, lane.id, settleBy);
    const salt = env.random.bytes(SALT_BYTES);
    const inputCommitment = itemsCommitment(order.items, "input", salt);
    const secret = { salt, inputCommitment, parameters: NO_PARAMETERS, reference: order.reference };
    const job: Job = {
      level: order.level,
      param: order.param,
      worker: worker.signingKey,
      lane: lane.id,
      nonce: place.nonce,
      model: order.model.modelId,
      profile: order.profile.id,
      items: order.items.length,
      unitPrice: price.unitPrice,
      ceiling: price.ceiling,
      settleBy: place.settleBy,
      h: privateCommitment(secret),
    };
    const jobBytes = encodeJob(job);
    const jobId = jobIdOfBytes(this.#chainId, jobBytes);
    const jobIdHex = toHex(jobId);
    // Before the signature leaves: a spend root is signed for issued ids alone.
    issued.add(jobIdHex, lane.id);
    const signature = spenders.signer(lane.spenderKey).sign(signJobBytes(this.#chainId, jobId, place.settleBy));
    await env.step("gateway.job.signed");
    return { worker: worker.name, job, jobBytes, jobId, jobIdHex, signature, private: secret, items: order.items };
  }

  /** The signed word that a job is no longer wanted; undefined where its lane is gone. */
  cancel(prepared: PreparedJob): Uint8Array | undefined {
    const { chain, spenders } = this.#dependencies;
    const lane = chain.latest?.lanes.get(prepared.job.lane);
    return lane === undefined ? undefined : cancelRequest(this.#chainId, prepared, spenders.signer(lane.spenderKey));
  }

  /** Where an epoch is used up, the next one's nonces serve as long as its first height is inside the horizon. */
  async #takeNonce(snapshot: ChainSnapshot, lane: bigint, settleBy: bigint): Promise<{ nonce: number; settleBy: bigint }> {
    const { epochHeights, noncesPerEpoch, settleByHorizon } = snapshot.rules;
    const epoch = epochOf(settleBy, epochHeights);
    const nonce = await this.#dependencies.nonces.next(lane, epoch, noncesPerEpoch);
    if (nonce !== undefined) return { nonce, settleBy };
    const later = (epoch + 1n) * epochHeights;
    const isInside = later <= snapshot.height + settleByHorizon - HORIZON_MARGIN;
    const laterNonce = isInside ? await this.#dependencies.nonces.next(lane, epoch + 1n, noncesPerEpoch) : undefined;
    if (laterNonce !== undefined) return { nonce: laterNonce, settleBy: later };
    throw new GatewayError("nonces_exhausted", `lane ${lane} has no nonce left in epoch ${epoch}: use another lane, or wait`, {
      retryAfterSeconds: 5,
    });
  }
}

export function priceOf(rules: ChainRules, items: number, unitsPerItem: bigint, unitPrice: bigint): Price {
  const units = BigInt(items) * unitsPerItem;
  const charge = units * unitPrice;
  return { units, unitPrice, charge, ceiling: charge + rules.signatureFee };
}

/** Half the horizon: late enough for batches that wait, early enough for a chain that is ahead of what was read. */
function settleByOf({ height, rules }: ChainSnapshot): bigint {
  const half = rules.settleByHorizon / 2n;
  return height + (half > 0n ? half : 1n);
}
