import { CliError } from "../cli-error.ts";

/** Below 32768, where Linux starts to give ports to outgoing connections by itself. */
export const PORT_BASE_DEFAULT = 21_000;
/** A network uses only ports in [base, base + 200): another one fits at the next two hundred. */
export const PORTS_PER_NETWORK = 200;
export const WORKERS_MAX = 80;
export const VALIDATORS_MAX = 10;

const PORT_MIN = 1024;
const PORT_MAX = 65_535;
const WORKERS_AT = 10;
const VALIDATORS_AT = 100;
/** As `laminad devnet init` lays them out from its own --port-base. */
const PORTS_PER_VALIDATOR = 10;

export interface ValidatorPorts {
  readonly p2p: number;
  readonly rpc: number;
  readonly grpc: number;
  readonly rest: number;
  readonly metrics: number;
}

/**
 * The one place that says which port is whose. Offsets from the base:
 * 0 gateway · 1 index queries · 2 Postgres · 3 NATS clients · 4 NATS monitoring · 5 gateway metrics and administration · 6 sequencer ·
 * 7 indexer metrics · 8 NATS credentials · 9 free · 10…89 worker metrics · 90…99 free · 100…199 validators, ten each: p2p, RPC, gRPC, REST, metrics.
 */
export interface PortLayout {
  readonly base: number;
  readonly gateway: number;
  readonly index: number;
  readonly postgres: number;
  readonly nats: number;
  readonly natsMonitor: number;
  readonly gatewayAdmin: number;
  readonly sequencer: number;
  readonly indexerMetrics: number;
  readonly busAuthority: number;
  /** The base that `laminad devnet init` counts from. */
  readonly chainBase: number;
  /** `index` counts from 0. */
  worker(index: number): number;
  validator(index: number): ValidatorPorts;
}

/** Throws `USAGE` where the ports of a network do not fit above `base`. */
export function portLayout(base: number): PortLayout {
  const baseMax = PORT_MAX - PORTS_PER_NETWORK + 1;
  if (!Number.isInteger(base) || base < PORT_MIN || base > baseMax) {
    throw new CliError(
      "USAGE",
      `expected --port-base from ${PORT_MIN} to ${baseMax}, found ${base}`,
      `A network takes ${PORTS_PER_NETWORK} ports from it upward.`,
    );
  }
  return {
    base,
    gateway: base,
    index: base + 1,
    postgres: base + 2,
    nats: base + 3,
    natsMonitor: base + 4,
    gatewayAdmin: base + 5,
    sequencer: base + 6,
    indexerMetrics: base + 7,
    busAuthority: base + 8,
    chainBase: base + VALIDATORS_AT,
    worker: (index) => base + WORKERS_AT + index,
    validator: (index) => validatorPorts(base + VALIDATORS_AT + index * PORTS_PER_VALIDATOR),
  };
}

function validatorPorts(first: number): ValidatorPorts {
  return { p2p: first, rpc: first + 1, grpc: first + 2, rest: first + 3, metrics: first + 4 };
}
