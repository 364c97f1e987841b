/** Values of a metric's labels. Labels take few values: never an id, a key or anything a client chose. */
export type Labels = Readonly<Record<string, string>>;

export interface MetricOptions {
  /** In snake case, ending in its unit: `lamina_jobs_total`, `lamina_queue_wait_seconds`. */
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
}

export interface HistogramOptions extends MetricOptions {
  /** Upper bounds, ascending, in the metric's unit. */
  readonly buckets: readonly number[];
}

export interface Counter {
  /** Adds `by`, which is not negative; 1 where not given. */
  increment(labels?: Labels, by?: number): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** Makes metrics. Asking twice for a name gives the same metric. */
export interface Metrics {
  counter(options: MetricOptions): Counter;
  gauge(options: MetricOptions): Gauge;
  histogram(options: HistogramOptions): Histogram;
}

const nothing = () => undefined;

/** Measures nothing. */
export const noopMetrics: Metrics = {
  counter: () => ({ increment: nothing }),
  gauge: () => ({ set: nothing }),
  histogram: () => ({ observe: nothing }),
};

/** Upper bounds in seconds from 0.5 ms to 60 s: the span from one hop to finality. */
export const LATENCY_BUCKETS_SECONDS: readonly number[] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
