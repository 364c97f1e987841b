import { fromBinary } from "@bufbuild/protobuf";
import { type CommittedMessage, type TxEvent, typedEvent } from "@lamina/chain-client";
import { computeModelId, decodeManifest } from "@lamina/codec";
import { toHex } from "@lamina/primitives";
import { registry, registryTx } from "@lamina/protocol";
import { bytea } from "./bytes.ts";
import { type HeightContext, hold, known } from "./height-context.ts";
import { takeNumber } from "./ledger.ts";

const ROLES: Readonly<Record<number, string>> = { [registry.OperatorRole.WORKER]: "worker", [registry.OperatorRole.SEQUENCER]: "sequencer" };
const STATUSES: Readonly<Record<number, string>> = {
  [registry.OperatorStatus.ACTIVE]: "active",
  [registry.OperatorStatus.PAUSED]: "paused",
  [registry.OperatorStatus.JAILED]: "jailed",
  [registry.OperatorStatus.CONVICTED]: "convicted",
  [registry.OperatorStatus.UNBONDING]: "unbonding",
  [registry.OperatorStatus.GONE]: "gone",
};

/** An operator as it stands after a change. */
export function addOperator(context: HeightContext, event: TxEvent): void {
  const operator = typedEvent(registry.EventOperatorSchema, event)?.operator;
  if (operator === undefined) return;
  const { changes, ledger, block } = context;
  const bond = BigInt(operator.bond);
  context.flows.registry += bond - (ledger.bonds.get(operator.id) ?? 0n);
  ledger.bonds.set(operator.id, bond);
  addKey(context, operator);
  changes.operators.push({
    operator_id: `${operator.id}`,
    role: ROLES[operator.role] ?? `role ${operator.role}`,
    account: operator.operator,
    signing_key: bytea(operator.signingKey),
    nats_key: operator.natsKey,
    status: STATUSES[operator.status] ?? `status ${operator.status}`,
    bond_ulam: operator.bond,
    region: operator.region,
    capabilities: operator.capabilities,
    offers: operator.offers.map(({ modelId, unitPrice }) => ({ modelId: toHex(modelId), unitPriceUlam: `${unitPrice}` })),
    jailed_until: `${operator.jailedUntil}`,
    unbonding_since: `${operator.unbondingSince}`,
    unbonding_ends: `${operator.unbondingEnds}`,
    registered_height: `${operator.registeredHeight}`,
    updated_height: `${block.height}`,
  });
}

function addKey({ changes, ledger, block }: HeightContext, operator: registry.Operator): void {
  const key = toHex(operator.signingKey);
  if (ledger.keys.has(key)) return;
  const keyId = Number(takeNumber(ledger, "signing_keys"));
  ledger.keys.set(key, { keyId, operatorId: operator.id });
  const line = { key_id: keyId, signing_key: bytea(operator.signingKey), operator_id: `${operator.id}` };
  changes.signingKeys.push({ ...line, registered_height: `${block.height}` });
}

/** The event names the model, the message or else the chain's state holds its manifest. One manifest may bear several versions. */
export function addModel(context: HeightContext, event: TxEvent): void {
  const registered = typedEvent(registry.EventModelSchema, event);
  if (registered === undefined) return;
  const { changes, ledger, block } = context;
  const { name, version, publisher } = registered;
  const common = { name, publisher, registered_height: `${block.height}` };
  const id = toHex(registered.modelId);
  const modelNo = ledger.models.get(id) ?? Number(takeNumber(ledger, "models"));
  if (!ledger.models.has(id)) {
    ledger.models.set(id, modelNo);
    const manifest = known(context, manifestOf(context.message) ?? context.unposted.get(id), `the manifest of model ${id}`);
    hold(context, "I26", `model ${id}`, id, toHex(computeModelId(manifest)));
    const { task, licence } = decodeManifest(manifest);
    changes.models.push({ ...common, model_no: modelNo, model_id: bytea(registered.modelId), task, licence, manifest: bytea(manifest) });
  }
  changes.modelVersions.push({ ...common, version, model_no: modelNo });
}

function manifestOf(message: CommittedMessage | undefined): Uint8Array | undefined {
  if (message?.typeName !== registryTx.MsgRegisterModelSchema.typeName) return undefined;
  return fromBinary(registryTx.MsgRegisterModelSchema, message.value).manifest;
}

export function addFault({ changes, ledger, block }: HeightContext, event: TxEvent): void {
  const slash = typedEvent(registry.EventSlashSchema, event);
  if (slash === undefined) return;
  changes.faults.push({
    id: `${takeNumber(ledger, "faults")}`,
    height: `${block.height}`,
    operator_id: `${slash.operatorId}`,
    fault: slash.fault,
    slashed_ulam: slash.slashed,
    burnt_ulam: slash.burnt,
    reward_ulam: slash.reward,
    reporter: slash.reporter,
  });
}
