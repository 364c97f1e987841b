import type { Account, Quote } from "@lamina/api";
import type { VerifySignature } from "@lamina/codec";
import type { Env } from "@lamina/primitives";
import { browserEnv } from "@lamina/primitives/browser";
import type { ManifestSource } from "../check/manifest-source.ts";
import type { TensorInput } from "../tensors/client-tensor.ts";
import type { Answer } from "./answer.ts";
import { bounds, type ClientContext } from "./client-context.ts";
import { createEmbeddings, type EmbeddingInput, type EmbeddingOptions, type Embeddings } from "./embeddings.ts";
import { GatewayConnection, type RequestOptions } from "./gateway-connection.ts";
import { gatewayManifests } from "./gateway-manifests.ts";
import { type InferOptions, infer } from "./infer.ts";
import { Jobs } from "./jobs.ts";
import { readJson } from "./json-value.ts";
import { Models } from "./models.ts";
import { Receipts } from "./receipts.ts";

export interface LaminaClientOptions {
  /** `http://host:port` of a gateway. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** The platform's own where not given. */
  readonly fetch?: typeof fetch;
  /** Answers of another chain are refused; any chain's count where not given. */
  readonly chainId?: string;
  /**
   * With it, each answer is held against the manifest of the model that ran, and a model that it does not know is refused. `gateway`: as the gateway
   * serves them, believed by their digest alone.
   */
  readonly manifests?: ManifestSource | "gateway";
  /** Tries in all of a request that may be repeated; 3 where not given. */
  readonly attempts?: number;
  /** For one try, milliseconds; a minute where not given. */
  readonly timeoutMs?: number;
  /** A faster verifier of the same rule, such as `strictVerifier` around a native one. */
  readonly verifySignature?: VerifySignature;
}

export interface QuoteRequest {
  readonly model: string;
  readonly version?: string;
  readonly items?: number;
  /** Of the manifest; the largest where not given. */
  readonly profile?: number;
}

const ATTEMPTS = 3;
const TIMEOUT_MS = 60_000;

/**
 * A gateway's client that believes nothing it can check: each answer is held against the worker's signed receipt before it is given, and throws
 * `DishonestAnswerError` where gateway or worker showed something else (T75). For browsers and for Node.
 */
export class LaminaClient {
  readonly jobs: Jobs;
  readonly receipts: Receipts;
  readonly models: Models;
  readonly #context: ClientContext;

  /** Throws `InvalidRequestError` for a base URL that is none. `env` is the platform's where not given. */
  constructor(options: LaminaClientOptions, env: Pick<Env, "timers" | "random" | "clock" | "fetch"> = browserEnv()) {
    const { baseUrl, apiKey, chainId, verifySignature } = options;
    const bounds = { attempts: options.attempts ?? ATTEMPTS, timeoutMs: options.timeoutMs ?? TIMEOUT_MS };
    const send = options.fetch ?? env.fetch;
    // Called by itself: a browser's own fetch refuses to be another object's method.
    const connection = new GatewayConnection({ baseUrl, apiKey, ...bounds }, { ...env, fetch: (input, init) => send(input, init) });
    const manifests = options.manifests === "gateway" ? gatewayManifests(connection) : options.manifests;
    this.#context = { connection, env, check: { chainId, manifests, verifySignature } };
    this.jobs = new Jobs(this.#context);
    this.receipts = new Receipts(this.#context);
    this.models = new Models(this.#context);
  }

  /** Embeddings by the OpenAI protocol. Throws `ApiError`, `DishonestAnswerError`, `UncheckableAnswerError`. */
  embeddings(model: string, input: EmbeddingInput, options: EmbeddingOptions = {}): Promise<Embeddings> {
    return createEmbeddings({ ...this.#context, receipts: this.receipts }, model, input, options);
  }

  /** Runs a model on tensors by the Open Inference Protocol, as bytes both ways. Throws as `embeddings`. */
  infer(model: string, inputs: readonly TensorInput[], options: InferOptions = {}): Promise<Answer> {
    return infer({ ...this.#context, receipts: this.receipts }, model, inputs, options);
  }

  /** What each level costs and brings. */
  async quote(request: QuoteRequest, options: RequestOptions = {}): Promise<Quote> {
    const query = new URLSearchParams(Object.entries(request).map(([name, value]): [string, string] => [name, String(value)]));
    const answer = await this.#get(`/lamina/v1/quote?${query}`, options);
    answer.get("levels").list();
    return answer.value as Quote;
  }

  /** Limits, spending and lanes of the key. */
  async account(options: RequestOptions = {}): Promise<Account> {
    const answer = await this.#get("/lamina/v1/account", options);
    answer.get("organisation");
    return answer.value as Account;
  }

  async #get(path: string, options: RequestOptions) {
    const answer = await this.#context.connection.send({ method: "GET", path, family: "native", ...bounds(options) });
    return readJson(answer.body);
  }
}
