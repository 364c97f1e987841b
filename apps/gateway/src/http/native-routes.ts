import {
  type Account,
  buildOpenApi,
  check,
  type JobRequest,
  jobRequestSchema,
  LEVELS,
  OFFERED_LEVELS,
  type Quote,
  quoteQuerySchema,
  receiptQuerySchema,
} from "@lamina/api";
import { encodeManifest } from "@lamina/codec";
import { toHex } from "@lamina/primitives";
import type { ChainFollower } from "../chain/chain-follower.ts";
import { GatewayError } from "../gateway-error.ts";
import { priceOf } from "../jobs/job-maker.ts";
import type { ModelCatalogue } from "../models/model-catalogue.ts";
import type { OfferedModel } from "../models/offered-model.ts";
import type { BudgetStore } from "../money/budget-store.ts";
import type { LaneBook } from "../money/lane-book.ts";
import type { ReceiptDesk } from "../receipts/receipt-desk.ts";
import type { JobViews } from "../requests/job-views.ts";
import type { RequestDesk, Wanted } from "../requests/request-desk.ts";
import { itemsOfTensors } from "../tensors/request-items.ts";
import { itemsOfTexts } from "../tensors/text-items.ts";
import type { WorkerDirectory } from "../workers/worker-directory.ts";
import { type AuthorizedCall, type Handler, json, param } from "./call.ts";
import { readJson, requireValid } from "./json-body.ts";
import { requestLevel } from "./request-level.ts";
import { requestReference } from "./request-reference.ts";

const NO_DETECTION = "no audits or disputes are measured yet: this version settles optimistically and has no watcher";

export interface NativeDependencies {
  readonly catalogue: ModelCatalogue;
  readonly chain: ChainFollower;
  readonly workers: WorkerDirectory;
  readonly desk: RequestDesk;
  readonly views: JobViews;
  readonly receipts: ReceiptDesk;
  readonly budgets: BudgetStore;
  readonly lanes: LaneBook;
  readonly itemsMax: number;
  readonly version: string;
}

type Ids = "createJob" | "getJob" | "getReceipt" | "getManifest" | "quote" | "account";

/** Lamina's own routes. */
export function nativeRoutes(dependencies: NativeDependencies): Record<Ids, Handler> {
  const { desk, views, receipts } = dependencies;
  return {
    createJob: async (call) => {
      const request = readJson(jobRequestSchema, call.body);
      const wanted = await wantedOf(dependencies, call, request);
      if (request.mode === "async") {
        const id = await desk.accept(call, wanted);
        return json(202, await views.ofRequest(call.principal.organisationId, id), { "lamina-job-id": id, location: `/lamina/v1/jobs/${id}` });
      }
      const result = await desk.submit(call, wanted);
      return json(200, views.ofResult(wanted.model, result), { "lamina-job-id": result.jobIdHex });
    },
    getJob: async (call) => {
      const view = await views.find(call.principal.organisationId, param(call, "id"));
      return json(200, view, { "lamina-job-id": view.job_id ?? view.id });
    },
    getReceipt: async (call) => {
      const query = requireValid(check(receiptQuerySchema, call.query));
      const height = query.checkpoint_height === undefined ? undefined : BigInt(query.checkpoint_height);
      const { stage, jobIdHex, bytes } = await receipts.find(call.principal.organisationId, param(call, "id"), height);
      const headers = { "lamina-receipt-stage": stage, "lamina-job-id": jobIdHex };
      return { status: 200, headers, contentType: "application/vnd.lamina.receipt", body: bytes };
    },
    getManifest: async (call) => {
      const { manifest, modelIdHex } = await dependencies.catalogue.find(param(call, "model"));
      const headers = { "lamina-model-id": modelIdHex };
      return { status: 200, headers, contentType: "application/vnd.lamina.manifest", body: encodeManifest(manifest) };
    },
    quote: async (call) => json(200, await quoteOf(dependencies, call)),
    account: async (call) => json(200, await accountOf(dependencies, call)),
  };
}

/** The API's own description; made once. */
export function openApiReply(version: string): () => ReturnType<typeof json> {
  const reply = json(200, buildOpenApi({ version }));
  return () => reply;
}

async function wantedOf({ catalogue, itemsMax }: NativeDependencies, call: AuthorizedCall, request: JobRequest): Promise<Wanted> {
  const level = requestLevel(call.header("lamina-level"), request.level);
  const model = await catalogue.find(request.model, request.version);
  const reference = requestReference(request.reference ?? call.header("lamina-reference"));
  const { profile, items } = shapeInput(model, request, itemsMax);
  return {
    model,
    profile,
    items,
    ...level,
    reference,
    ...(request.max_charge === undefined ? {} : { chargeMax: BigInt(request.max_charge) }),
    ...(request.timeout_ms === undefined ? {} : { timeoutMs: request.timeout_ms }),
  };
}

function shapeInput(model: OfferedModel, { inputs, text }: JobRequest, itemsMax: number) {
  if ((inputs === undefined) === (text === undefined))
    throw new GatewayError("invalid_request", "give exactly one of inputs and text", { param: "inputs" });
  if (inputs !== undefined) return itemsOfTensors(model.manifest, inputs, itemsMax);
  return itemsOfTexts(model, typeof text === "string" ? [text] : (text ?? []), itemsMax);
}

async function quoteOf({ catalogue, chain, workers }: NativeDependencies, call: AuthorizedCall): Promise<Quote> {
  const query = requireValid(check(quoteQuerySchema, call.query));
  const model = await catalogue.find(query.model, query.version);
  const profile = query.profile === undefined ? model.manifest.profiles.at(-1) : model.manifest.profiles.find(({ id }) => id === query.profile);
  if (profile === undefined) throw new GatewayError("invalid_request", `${model.name} has no profile ${query.profile}`, { param: "profile" });
  const items = query.items ?? 1;
  const { rules } = chain.require();
  const terms = workers.terms(model.modelIdHex);
  const price = terms === undefined ? undefined : priceOf(rules, items, profile.unitsPerItem, terms.unitPrice);
  const levels = (Object.keys(LEVELS) as (keyof typeof LEVELS)[]).map((level) => {
    const isOffered = OFFERED_LEVELS.includes(level) && price !== undefined;
    return {
      level,
      offered: isOffered,
      reason: isOffered ? null : OFFERED_LEVELS.includes(level) ? "no worker serves this model now" : "not built yet",
      unit_price: isOffered ? String(price.unitPrice) : null,
      charge: isOffered ? String(price.charge) : null,
      ceiling: isOffered ? String(price.ceiling) : null,
      added_latency_ms: isOffered ? (terms?.addedLatencyMs ?? null) : null,
      final_after_heights: isOffered ? String(rules.challengeWindow) : null,
      detection: null,
      detection_reason: NO_DETECTION,
    };
  });
  return { model: model.name, model_id: model.modelIdHex, profile: profile.id, items, units: String(BigInt(items) * profile.unitsPerItem), levels };
}

async function accountOf({ budgets, lanes, chain }: NativeDependencies, { principal }: AuthorizedCall): Promise<Account> {
  const { organisationId, keyId } = principal;
  const [organisation, key] = await Promise.all([budgets.read(organisationId, organisationId), budgets.read(organisationId, keyId)]);
  const snapshot = chain.latest;
  const limitOf = (budget: typeof key) => ({
    spend_limit: budget?.limit === undefined ? null : String(budget.limit),
    spent: String(budget?.spent ?? 0n),
  });
  return {
    organisation: { id: principal.organisationId, name: principal.organisationName, ...limitOf(organisation) },
    key: {
      id: principal.keyId,
      name: principal.keyName,
      scopes: [...principal.scopes],
      expires_at: principal.expiresAtMs === undefined ? null : new Date(principal.expiresAtMs).toISOString(),
      ...limitOf(key),
      requests_per_minute: principal.requestsPerMinute,
      concurrency_max: principal.concurrencyMax,
    },
    lanes: lanes.lanesOf(principal.organisationId).map((id) => {
      const lane = snapshot?.lanes.get(id);
      return {
        id: String(id),
        spender_key: lane === undefined ? "" : toHex(lane.spenderKey),
        balance: lane === undefined ? null : String(lane.balance),
        end_height: lane === undefined ? null : String(lane.endHeight),
      };
    }),
  };
}
