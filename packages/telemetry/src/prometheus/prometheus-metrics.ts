import { collectDefaultMetrics, Counter as PromCounter, Gauge as PromGauge, Histogram as PromHistogram, Registry } from "prom-client";
import type { Metrics } from "../metrics.ts";

export interface PrometheusOptions {
  /** Labels on every metric, such as the program's name. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Memory, CPU, event loop and garbage collection of this process too. */
  readonly collectProcess?: boolean;
}

export interface PrometheusMetrics extends Metrics {
  /** Value of the header `content-type` for what `render` gives. */
  readonly contentType: string;
  /** All metrics in the Prometheus text format. */
  render(): Promise<string>;
}

/** Metrics in a registry of their own, so that two networks in one process do not mix. */
export function prometheusMetrics(options: PrometheusOptions = {}): PrometheusMetrics {
  const registry = new Registry();
  registry.setDefaultLabels({ ...options.labels });
  if (options.collectProcess === true) collectDefaultMetrics({ register: registry });
  const made = new Map<string, unknown>();
  /** prom-client refuses a second metric of one name; here it is the same metric. */
  const once = <T>(name: string, make: () => T): T => {
    if (!made.has(name)) made.set(name, make());
    return made.get(name) as T;
  };
  const common = ({ name, help, labelNames = [] }: { name: string; help: string; labelNames?: readonly string[] }) => ({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
  });
  return {
    counter: (metric) => {
      const counter = once(metric.name, () => new PromCounter(common(metric)));
      return { increment: (labels = {}, by = 1) => counter.inc({ ...labels }, by) };
    },
    gauge: (metric) => {
      const gauge = once(metric.name, () => new PromGauge(common(metric)));
      return { set: (value, labels = {}) => gauge.set({ ...labels }, value) };
    },
    histogram: (metric) => {
      const histogram = once(metric.name, () => new PromHistogram({ ...common(metric), buckets: [...metric.buckets] }));
      return { observe: (value, labels = {}) => histogram.observe({ ...labels }, value) };
    },
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
}
