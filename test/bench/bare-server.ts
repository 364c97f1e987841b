import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { InferenceSession, Tensor } from "onnxruntime-node";

/**
 * The yardstick: the least that serves a model over HTTP from Node. Same JSON, same sessions, no keys, no signatures, no receipts.
 * `node bare-server.ts MODEL.onnx SESSIONS`: prints its port.
 */
const [file = "", sessionCount = "1"] = process.argv.slice(2);
const graph = await readFile(file);
const options = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: "sequential" } as const;
const sessions = await Promise.all(Array.from({ length: Number(sessionCount) }, () => InferenceSession.create(graph, options)));
let turn = 0;

interface JsonTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: "FP32" | "INT64";
  readonly data: readonly number[];
}

async function infer(body: string): Promise<string> {
  const { inputs } = JSON.parse(body) as { inputs: readonly JsonTensor[] };
  const session = sessions[turn++ % sessions.length] as InferenceSession;
  const answer = await session.run(Object.fromEntries(inputs.map((input) => [input.name, tensorOf(input)])));
  const outputs = Object.entries(answer).map(([name, { dims, data, type }]) => ({
    name,
    shape: dims,
    datatype: type === "int64" ? "INT64" : "FP32",
    data: Array.from(data as Iterable<number | bigint>, Number),
  }));
  return JSON.stringify({ outputs });
}

function tensorOf({ shape, datatype, data }: JsonTensor): Tensor {
  if (datatype === "FP32") return new Tensor("float32", Float32Array.from(data), [...shape]);
  return new Tensor("int64", BigInt64Array.from(data, BigInt), [...shape]);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  try {
    response.writeHead(200, { "content-type": "application/json" }).end(await infer(Buffer.concat(chunks).toString("utf8")));
  } catch (error) {
    response.writeHead(400).end(error instanceof Error ? error.message : String(error));
  }
}

const server = createServer((request, response) => void answer(request, response));
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.stdout.write(`${typeof address === "object" && address !== null ? address.port : 0}\n`);
});
