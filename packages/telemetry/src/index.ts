export type { JsonLoggerDependencies, JsonLoggerOptions } from "./json-logger.ts";
export { jsonLogger } from "./json-logger.ts";
export type { LogFields, Logger, LogLevel } from "./logger.ts";
export { noopLogger } from "./logger.ts";
export type { Counter, Gauge, Histogram, HistogramOptions, Labels, MetricOptions, Metrics } from "./metrics.ts";
export { LATENCY_BUCKETS_SECONDS, noopMetrics } from "./metrics.ts";
export { printable } from "./printable.ts";
