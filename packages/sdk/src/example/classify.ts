import { DishonestAnswerError, LaminaClient, type ManifestSource } from "@lamina/sdk";

/** Classifies one picture and says what stands behind the answer. */
export async function classify(gateway: { baseUrl: string; apiKey: string }, manifests: ManifestSource, pixels: readonly number[]): Promise<string> {
  const lamina = new LaminaClient({ ...gateway, manifests });
  const inputs = [{ name: "features", datatype: "FP32", shape: [1, pixels.length], data: pixels }];
  try {
    const answer = await lamina.jobs.run({ model: "digits", inputs, maxCharge: 100n }, { reference: "order 4711" });
    const label = answer.outputs.find(({ name }) => name === "label")?.elements()[0];
    return `${label}, signed as job ${answer.jobId}`;
  } catch (error) {
    // Gateway or worker showed something else than was asked for or signed; error.receipt is the evidence.
    if (error instanceof DishonestAnswerError) return `refused: ${error.details.fault}`;
    throw error;
  }
}
