import type { ChainReader } from "@lamina/chain-client";
import { computeModelId, decodeManifest } from "@lamina/codec";
import { bytesEqual, modelId, publicKey, toHex } from "@lamina/primitives";
import { type escrow, registry } from "@lamina/protocol";
import type { Logger } from "@lamina/telemetry";
import type { ChainLane, ChainModel, ChainModelVersion, ChainRules, ChainSource, ChainWorker } from "./chain-snapshot.ts";

/** Questions to a node through @lamina/chain-client. Manifests never change, so each is read and decoded once. */
export function chainSource(reader: ChainReader, logger: Logger): ChainSource {
  const known = new Map<string, ChainModel>();
  return {
    height: () => reader.height(),
    lane: async (id) => {
      const lane = await reader.lane(id);
      return lane === undefined ? undefined : laneOf(lane);
    },
    read: async (lanes) => {
      const [rules, operators, versions, laneRecords, term] = await Promise.all([
        readRules(reader),
        reader.operators(registry.OperatorRole.WORKER),
        reader.modelVersions(),
        Promise.all(lanes.map((id) => reader.lane(id))),
        reader.term(),
      ]);
      for (const version of versions) await learnModel(reader, known, version.modelId, logger);
      return {
        rules,
        workers: operators.filter((each) => each.status === registry.OperatorStatus.ACTIVE).map(workerOf),
        models: new Map(known),
        versions: versions.filter((each) => known.has(toHex(each.modelId))).map(versionOf),
        lanes: new Map(laneRecords.flatMap((lane) => (lane === undefined ? [] : [[lane.id, laneOf(lane)] as const]))),
        term: term === undefined ? undefined : { term: term.term, key: publicKey(term.key) },
      };
    },
  };
}

async function readRules(reader: ChainReader): Promise<ChainRules> {
  const [{ params, layout }, rollup] = await Promise.all([reader.escrowParams(), reader.rollupParams()]);
  return {
    settleByHorizon: params.settleByHorizon,
    epochHeights: layout.epochHeights,
    noncesPerEpoch: Number(layout.noncesPerEpoch),
    signatureFee: rollup.signatureFee,
    challengeWindow: rollup.challengeWindow,
  };
}

/** A manifest that this version cannot read is left out and told once a round: other models go on. The digest is checked: the name is only a name (I26). */
async function learnModel(reader: ChainReader, known: Map<string, ChainModel>, id: Uint8Array, logger: Logger): Promise<void> {
  const name = toHex(id);
  if (known.has(name)) return;
  const model = await reader.model(id);
  if (model === undefined) return;
  try {
    const manifest = decodeManifest(model.manifest);
    if (!bytesEqual(computeModelId(model.manifest), id)) throw new Error(`expected a manifest of digest ${name}`);
    known.set(name, { modelId: modelId(id), manifest, publisher: model.publisher });
  } catch (error) {
    logger.warn("a model's manifest cannot be read", { modelId: name, error });
  }
}

function workerOf(operator: registry.Operator): ChainWorker {
  return {
    operatorId: operator.id,
    signingKey: publicKey(operator.signingKey),
    keyHex: toHex(operator.signingKey),
    region: operator.region,
    offers: new Map(operator.offers.map((offer) => [toHex(offer.modelId), offer.unitPrice])),
  };
}

function versionOf(version: registry.ModelVersion): ChainModelVersion {
  return { name: version.name, version: version.version, modelId: modelId(version.modelId), registeredHeight: version.registeredHeight };
}

function laneOf(lane: escrow.Lane): ChainLane {
  return {
    id: lane.id,
    spenderKey: publicKey(lane.spenderKey),
    balance: BigInt(lane.balance === "" ? "0" : lane.balance),
    endHeight: lane.endHeight,
    models: new Set(lane.models.map((id) => toHex(id))),
    levels: new Set(lane.levels),
    isOpen: !lane.closed,
  };
}
