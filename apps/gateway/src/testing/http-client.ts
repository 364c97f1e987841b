/** What a test asks with one key. */
export interface TestClient {
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
}

export function testClient(url: string, key: string | undefined): TestClient {
  const authorization: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return {
    get: (path, headers = {}) => fetch(`${url}${path}`, { headers: { ...authorization, ...headers } }),
    post: (path, body, headers = {}) =>
      fetch(`${url}${path}`, {
        method: "POST",
        headers: { ...authorization, "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
  };
}

/** A request for the digits model; `fill` makes it another one. */
export function digitsRequest(fill = 0.5, items = 1) {
  return { inputs: [{ name: "features", shape: [items, 64], datatype: "FP32", data: Array.from({ length: 64 * items }, () => fill) }] };
}

export const DIGITS = "/v2/models/digits/infer";
