import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The committed file, or the one that `./lamina up` built. */
export function modelFile(model: string): string {
  const places = [
    join(ROOT, "packages/models/catalog", model, "model.onnx"),
    join(ROOT, "build/models", model, "model.onnx"),
    join(ROOT, "models-cache", model, "model.onnx"),
  ];
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`expected the ONNX file of ${model} at one of ${places.join(", ")}; ./lamina up --once builds it`);
  return found;
}
