import { LATENCY_BUCKETS_SECONDS, type Metrics } from "@lamina/telemetry";

export interface JobMetrics {
  /** One worker was asked: `answered`, or the code of the error. */
  attempt(model: string, outcome: string): void;
  badAnswer(): void;
  request(route: string, status: number, seconds: number): void;
}

export function jobMetrics(metrics: Metrics): JobMetrics {
  const attempts = metrics.counter({
    name: "lamina_gateway_attempts_total",
    help: "Jobs sent to workers, by outcome.",
    labelNames: ["model", "outcome"],
  });
  const badAnswers = metrics.counter({ name: "lamina_gateway_bad_answers_total", help: "Answers that did not verify and were refused." });
  const requests = metrics.counter({
    name: "lamina_gateway_requests_total",
    help: "HTTP requests, by route and status.",
    labelNames: ["route", "status"],
  });
  const seconds = metrics.histogram({
    name: "lamina_gateway_request_seconds",
    help: "Time to answer an HTTP request.",
    labelNames: ["route"],
    buckets: LATENCY_BUCKETS_SECONDS,
  });
  return {
    attempt: (model, outcome) => attempts.increment({ model, outcome }),
    badAnswer: () => badAnswers.increment(),
    request: (route, status, duration) => {
      requests.increment({ route, status: String(status) });
      seconds.observe(duration, { route });
    },
  };
}
