import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { modelFile } from "./model-file.ts";
import type { Subject } from "./subject.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const VENV = join(ROOT, "build/peers/mlserver");
const REQUIREMENTS = ["mlserver==1.7.1", "onnxruntime==1.23.2", "numpy<2.4"];
const START_MS = 60_000;

/** Makes the Python environment that the comparison with MLServer needs (`./lamina bench --peers`). */
export function makePeers(): void {
  mkdirSync(join(VENV, ".."), { recursive: true });
  run("python3", ["-m", "venv", VENV]);
  run(join(VENV, "bin/pip"), ["install", "--quiet", "--disable-pip-version-check", ...REQUIREMENTS]);
}

function run(command: string, words: readonly string[]): void {
  const { status } = spawnSync(command, words, { stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`${command} ${words.join(" ")} ended with ${status}`);
}

/** MLServer with the model on one thread, or undefined where its environment was not made. Its own settings are its defaults. */
export async function startMlServer({ model }: Subject): Promise<{ url: string; stop(): void } | undefined> {
  if (!existsSync(join(VENV, "bin/mlserver"))) return undefined;
  const [http, grpc, metrics] = [await freePort(), await freePort(), await freePort()];
  const folder = mkdtempSync(join(tmpdir(), "lamina-mlserver-"));
  const settings = { http_port: http, grpc_port: grpc, metrics_port: metrics, host: "127.0.0.1", parallel_workers: 0, debug: false };
  writeFileSync(join(folder, "settings.json"), JSON.stringify(settings));
  writeFileSync(
    join(folder, "model-settings.json"),
    JSON.stringify({ name: model, implementation: "onnx_model.OnnxModel", parameters: { uri: modelFile(model) } }),
  );
  writeFileSync(join(folder, "onnx_model.py"), ONNX_MODEL);
  const child = spawn(join(VENV, "bin/mlserver"), ["start", folder], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, PYTHONPATH: folder },
  });
  const url = `http://127.0.0.1:${http}/v2/models/${model}`;
  for (const deadline = performance.now() + START_MS; performance.now() < deadline; ) {
    if (await isReady(`${url}/ready`)) return { url: `${url}/infer`, stop: () => void child.kill("SIGTERM") };
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  child.kill("SIGTERM");
  throw new Error(`mlserver was not ready within ${START_MS / 1000} s`);
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    // Not listening yet.
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

const ONNX_MODEL = `import numpy as np
import onnxruntime as ort
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class OnnxModel(MLModel):
    async def load(self) -> bool:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = ort.InferenceSession(self.settings.parameters.uri, options)
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        types = {"FP32": np.float32, "INT64": np.int64}
        inputs = {each.name: NumpyCodec.decode_input(each).astype(types[each.datatype], copy=False) for each in payload.inputs}
        names = [output.name for output in self._session.get_outputs()]
        values = self._session.run(names, inputs)
        outputs = [NumpyCodec.encode_output(name=name, payload=value) for name, value in zip(names, values)]
        return InferenceResponse(model_name=self.name, outputs=outputs)
`;
