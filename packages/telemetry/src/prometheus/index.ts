export type { PrometheusMetrics, PrometheusOptions } from "./prometheus-metrics.ts";
export { prometheusMetrics } from "./prometheus-metrics.ts";
