import type { ModelMetadata } from "@lamina/api";
import { bounds, type ClientContext } from "./client-context.ts";
import type { RequestOptions } from "./gateway-connection.ts";
import { readJson } from "./json-value.ts";

export interface ServedModel {
  /** Its name. */
  readonly id: string;
  /** The publisher's account. */
  readonly publisher: string;
}

/** What the gateway offers: its word. What ran stands in the receipt. */
export class Models {
  readonly #context: ClientContext;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /** Models that have a worker now. */
  async list(options: RequestOptions = {}): Promise<ServedModel[]> {
    const answer = await this.#context.connection.send({ method: "GET", path: "/v1/models", family: "openai", ...bounds(options) });
    const data = readJson(answer.body).get("data").list();
    return data.map((model) => ({ id: model.get("id").text(), publisher: model.get("owned_by").text() }));
  }

  /** Inputs and outputs of a model; -1 stands for an open size. Throws `ApiError` of kind `not-found`. */
  async describe(model: string, options: RequestOptions & { readonly version?: string } = {}): Promise<ModelMetadata> {
    const version = options.version === undefined ? "" : `/versions/${encodeURIComponent(options.version)}`;
    const path = `/v2/models/${encodeURIComponent(model)}${version}`;
    const answer = await this.#context.connection.send({ method: "GET", path, family: "open-inference", ...bounds(options) });
    const body = readJson(answer.body);
    for (const name of ["inputs", "outputs"]) body.get(name).list();
    return body.value as ModelMetadata;
  }
}
