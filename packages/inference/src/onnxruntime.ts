import type { Tensor } from "@lamina/codec";
import { elementBytes } from "@lamina/codec";
import { fromHex } from "@lamina/primitives";
import * as ort from "onnxruntime-node";
import { ProviderError } from "./inference-error.ts";
import type { InferenceRuntime, OpenOptions, RuntimeSession } from "./runtime.ts";

type TypedArray = ArrayBufferView & { readonly buffer: ArrayBuffer };
type ArrayMaker = (buffer: ArrayBuffer) => TypedArray;

/** ONNX's number of an element type to onnxruntime's name and the array that holds it. */
const TYPES = new Map<number, { readonly name: string; readonly make: ArrayMaker }>([
  [1, { name: "float32", make: (buffer) => new Float32Array(buffer) }],
  [2, { name: "uint8", make: (buffer) => new Uint8Array(buffer) }],
  [3, { name: "int8", make: (buffer) => new Int8Array(buffer) }],
  [4, { name: "uint16", make: (buffer) => new Uint16Array(buffer) }],
  [5, { name: "int16", make: (buffer) => new Int16Array(buffer) }],
  [6, { name: "int32", make: (buffer) => new Int32Array(buffer) }],
  [7, { name: "int64", make: (buffer) => new BigInt64Array(buffer) }],
  [9, { name: "bool", make: (buffer) => new Uint8Array(buffer) }],
  [10, { name: "float16", make: (buffer) => new Uint16Array(buffer) }],
  [11, { name: "float64", make: (buffer) => new Float64Array(buffer) }],
  [12, { name: "uint32", make: (buffer) => new Uint32Array(buffer) }],
  [13, { name: "uint64", make: (buffer) => new BigUint64Array(buffer) }],
]);
const TYPE_NUMBERS = new Map([...TYPES].map(([number, { name }]) => [name, number]));

/**
 * onnxruntime-node behind the port: one thread per session, sequential. `run` blocks the calling thread until it is done, so parallel sessions
 * need a process each. Little-endian machines only, like the package's own binaries.
 */
export const onnxRuntime: InferenceRuntime = {
  name: `onnxruntime ${ort.env.versions.node ?? ort.env.versions.common}`,
  async open(graph, options) {
    await checkProvider(options);
    const session = await ort.InferenceSession.create(graph, {
      executionProviders: [options.provider],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      logSeverityLevel: 3,
    });
    return wrap(session);
  },
};

/** A one-node model opened at the provider tells its absence from a fault of the real file. */
async function checkProvider({ provider }: OpenOptions): Promise<void> {
  if (provider === "cpu") return;
  const known = ort.listSupportedBackends().map((backend) => backend.name);
  if (!known.includes(provider)) throw new ProviderError({ provider, reason: `this build of onnxruntime has ${known.join(", ")}` });
  try {
    await (await ort.InferenceSession.create(IDENTITY_MODEL, { executionProviders: [provider], logSeverityLevel: 4 })).release();
  } catch (cause) {
    throw new ProviderError({ provider, reason: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
}

/** y = Identity(x) of float32 [1], opset 17. */
const IDENTITY_MODEL = fromHex(
  "080812066c616d696e613a410a130a01781201791a017922084964656e7469747912086964656e746974795a0f0a0178120a0a08080112040a020801620f0a0179120a0a08080112040a02080142021011",
);

function wrap(session: ort.InferenceSession): RuntimeSession {
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(inputs, outputs) {
      const feeds: Record<string, ort.Tensor> = {};
      for (const [name, tensor] of inputs) feeds[name] = toOrt(tensor);
      const results = await session.run(feeds, [...outputs]);
      return outputs.map((name) => fromOrt(name, results[name]));
    },
    close: () => session.release(),
  };
}

function toOrt(tensor: Tensor): ort.Tensor {
  const type = TYPES.get(tensor.type);
  const size = elementBytes(tensor.type);
  if (type === undefined || size === undefined) throw new TypeError(`element type ${tensor.type} is none`);
  const { buffer, byteOffset, byteLength } = tensor.data;
  // Typed arrays must begin at a multiple of their element's size: a copy where the tensor lies elsewhere.
  const whole = byteOffset === 0 && byteLength === buffer.byteLength && buffer instanceof ArrayBuffer;
  const data = type.make(whole ? buffer : new Uint8Array(tensor.data).buffer);
  return new ort.Tensor(type.name as "float32", data as Float32Array, tensor.dims);
}

function fromOrt(name: string, tensor: ort.OnnxValue | undefined): Tensor {
  const type = tensor === undefined ? undefined : TYPE_NUMBERS.get(tensor.type);
  if (tensor === undefined || type === undefined) throw new TypeError(`output ${name}: expected a tensor, found ${tensor?.type ?? "nothing"}`);
  const { buffer, byteOffset, byteLength } = tensor.data as unknown as TypedArray;
  return { type: type as Tensor["type"], dims: tensor.dims, data: new Uint8Array(buffer, byteOffset, byteLength) };
}
