import { cpus, loadavg, release, totalmem } from "node:os";

/** What the figures were measured on: they mean nothing without it. */
export interface Box {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly arch: string;
  /** One-minute load when the bench began: well above 0 means that other work ran beside. */
  readonly loadBefore: number;
}

export function describeBox(): Box {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    arch: process.arch,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}
