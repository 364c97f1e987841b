import { expect, test } from "vitest";
import { noopMetrics } from "../index.ts";
import { prometheusMetrics } from "./index.ts";

test("renders what was counted, set and observed", async () => {
  const metrics = prometheusMetrics({ labels: { app: "worker" } });
  const jobs = metrics.counter({ name: "lamina_jobs_total", help: "Jobs done.", labelNames: ["model"] });
  jobs.increment({ model: "digits" });
  jobs.increment({ model: "digits" }, 2);
  metrics.gauge({ name: "lamina_queue_jobs", help: "Jobs waiting." }).set(7);
  metrics.histogram({ name: "lamina_run_seconds", help: "Run time.", buckets: [0.1, 1] }).observe(0.5);
  const text = await metrics.render();
  expect(text).toContain('lamina_jobs_total{model="digits",app="worker"} 3');
  expect(text).toContain('lamina_queue_jobs{app="worker"} 7');
  expect(text).toContain('lamina_run_seconds_bucket{le="0.1",app="worker"} 0');
  expect(text).toContain('lamina_run_seconds_bucket{le="1",app="worker"} 1');
  expect(metrics.contentType).toContain("text/plain");
});

test("one name is one metric", async () => {
  const metrics = prometheusMetrics();
  const options = { name: "lamina_jobs_total", help: "Jobs done." };
  metrics.counter(options).increment();
  metrics.counter(options).increment();
  expect(await metrics.render()).toContain("lamina_jobs_total 2");
});

test("an undeclared label is refused", () => {
  const counter = prometheusMetrics().counter({ name: "lamina_jobs_total", help: "Jobs done." });
  expect(() => counter.increment({ prompt: "x" })).toThrow("prompt");
});

test("a process tells of itself when asked", async () => {
  expect(await prometheusMetrics({ collectProcess: true }).render()).toContain("process_resident_memory_bytes");
  expect(await prometheusMetrics().render()).not.toContain("process_");
});

test("the no-op takes everything", () => {
  noopMetrics.counter({ name: "a", help: "" }).increment({ x: "y" });
  noopMetrics.gauge({ name: "a", help: "" }).set(1);
  expect(noopMetrics.histogram({ name: "a", help: "", buckets: [] }).observe(1)).toBeUndefined();
});
