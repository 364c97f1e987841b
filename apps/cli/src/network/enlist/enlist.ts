import type { ChainConnection, TxSender } from "@lamina/chain-client";
import { bankSend, ChainReader, deposit, openLane, registerModel, registerOperator, updateOperator } from "@lamina/chain-client";
import type { Manifest } from "@lamina/codec";
import { computeModelId, encodeManifest } from "@lamina/codec";
import type { ChainId, Env, ModelId } from "@lamina/primitives";
import { bytesEqual } from "@lamina/primitives";
import { registry } from "@lamina/protocol";
import type { AccountIdentity, Identities, OperatorIdentity } from "../identities/identities.ts";
import { fundedAccounts } from "../identities/identities.ts";
import { senderOf } from "./actor.ts";
import { DEMO, DEMO_REGION } from "./demo-amounts.ts";

const MODEL_VERSION = "1";
const OPTIMISTIC = 1;

export interface EnlistOptions {
  readonly chainId: ChainId;
  readonly manifests: readonly Manifest[];
  /** Told what is being done, in words for people. */
  readonly onProgress: (line: string) => void;
}

export interface EnlistDependencies {
  readonly env: Pick<Env, "files" | "timers">;
  readonly connection: ChainConnection;
}

/** What apps and first jobs need to know of what is registered. */
export interface Enlisted {
  readonly modelIds: readonly ModelId[];
  readonly laneId: bigint;
}

/**
 * Makes everybody known to the chain: coins, models, operators with their bonds, the demo organisation's deposit and lane. Each step looks at the
 * chain first, so it may be repeated after a crash at any place, and with more workers than before.
 */
export async function enlist(identities: Identities, options: EnlistOptions, dependencies: EnlistDependencies): Promise<Enlisted> {
  const enlisting = new Enlisting(identities, options, dependencies);
  await enlisting.fund();
  const modelIds = await enlisting.registerModels();
  const [laneId] = await Promise.all([enlisting.openLane(), enlisting.registerOperators(modelIds)]);
  return { modelIds, laneId };
}

class Enlisting {
  readonly #identities: Identities;
  readonly #options: EnlistOptions;
  readonly #dependencies: EnlistDependencies;
  readonly #reader: ChainReader;

  constructor(identities: Identities, options: EnlistOptions, dependencies: EnlistDependencies) {
    this.#identities = identities;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#reader = new ChainReader(dependencies.connection.comet);
  }

  /** One transaction for all who lack what they are to have. Whoever has registered has spent it, and needs no more. */
  async fund(): Promise<void> {
    const { treasury } = this.#identities;
    const poor: [AccountIdentity, bigint][] = [];
    for (const account of fundedAccounts(this.#identities)) {
      const balance = await this.#dependencies.connection.balanceUlam(account.address);
      if (balance === 0n) poor.push([account, this.#neededUlam(account)]);
    }
    if (poor.length === 0) return;
    this.#options.onProgress(`funding ${poor.length} accounts`);
    await (await this.#sender(treasury)).send(poor.map(([account, ulam]) => bankSend(treasury.address, account.address, ulam)));
  }

  async registerModels(): Promise<ModelId[]> {
    const ids: ModelId[] = [];
    let sender: TxSender | undefined;
    for (const manifest of this.#options.manifests) {
      const encoded = encodeManifest(manifest);
      const id = computeModelId(encoded);
      ids.push(id);
      if ((await this.#reader.model(id)) !== undefined) continue;
      this.#options.onProgress(`registering model ${manifest.name}`);
      sender ??= await this.#sender(this.#identities.publisher);
      await registerModel(sender, encoded, await this.#freeVersion(manifest.name));
    }
    return ids;
  }

  async registerOperators(modelIds: readonly ModelId[]): Promise<void> {
    const { sequencer, workers } = this.#identities;
    const asSequencer = this.#registerOperator(sequencer, "sequencer", DEMO.sequencerBondUlam, []);
    const asWorkers = workers.map((worker) => this.#registerOperator(worker, "worker", DEMO.workerBondUlam, modelIds));
    await Promise.all([asSequencer, ...asWorkers]);
  }

  async openLane(): Promise<bigint> {
    const { payer, spender } = this.#identities;
    const found = (await this.#reader.lanes(payer.address)).find(
      (lane) => bytesEqual(lane.spenderKey, spender.signer.publicKey) && !lane.closed && !lane.revoked,
    );
    if (found !== undefined) return found.id;
    this.#options.onProgress("opening the demo organisation's lane");
    const sender = await this.#sender(payer);
    if ((await this.#reader.depositUlam(payer.address)) < DEMO.laneLimitUlam) await deposit(sender, DEMO.depositUlam);
    const context = await this.#context();
    const terms = { limitUlam: DEMO.laneLimitUlam, endHeight: context.height + DEMO.laneHeights, models: [], levels: [OPTIMISTIC] };
    return openLane(sender, context, { spender: spender.signer, ...terms });
  }

  async #registerOperator(identity: OperatorIdentity, kind: "worker" | "sequencer", bondUlam: bigint, models: readonly ModelId[]): Promise<void> {
    const role = kind === "worker" ? registry.OperatorRole.WORKER : registry.OperatorRole.SEQUENCER;
    const offers = models.map((modelId) => ({ modelId, unitPriceUlam: DEMO.unitPriceUlam }));
    const description = { natsKey: identity.bus.keys.publicKey, region: DEMO_REGION, capabilities: kind === "worker" ? ["cpu"] : [], offers };
    const found = await this.#reader.operatorByAccount(identity.account.address, role);
    if (found === undefined) {
      this.#options.onProgress(`registering ${identity.name}`);
      const sender = await this.#sender(identity.account);
      await registerOperator(sender, await this.#context(), { ...description, kind, signer: identity.signer, bondUlam });
      return;
    }
    const isCurrent = found.natsKey === description.natsKey && found.offers.length === offers.length;
    if (!isCurrent) await updateOperator(await this.#sender(identity.account), kind, description);
  }

  #neededUlam(account: AccountIdentity): bigint {
    const { payer, sequencer, workers } = this.#identities;
    if (account === payer) return DEMO.depositUlam + DEMO.feesUlam;
    if (account === sequencer.account) return DEMO.sequencerBondUlam + DEMO.feesUlam;
    const isWorker = workers.some((worker) => worker.account === account);
    return isWorker ? DEMO.workerBondUlam + DEMO.feesUlam : DEMO.feesUlam;
  }

  /** A manifest that changed since is another model, under the next version of its name. */
  async #freeVersion(name: string): Promise<string> {
    const taken = (await this.#reader.modelVersions()).filter((each) => each.name === name).length;
    return `${Number(MODEL_VERSION) + taken}`;
  }

  async #context() {
    return { chainId: this.#options.chainId, height: await this.#reader.height() };
  }

  #sender(account: AccountIdentity): Promise<TxSender> {
    return senderOf(this.#dependencies.env, this.#dependencies.connection, account);
  }
}
