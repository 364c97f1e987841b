import type { Brand } from "@lamina/primitives";
import { InvalidTokenError } from "./bus-errors.ts";

/** A NATS subject or subject filter made by this file. Every subject that crosses the bus is made here and nowhere else. */
export type Subject = Brand<string, "Subject">;

/** Who is on the bus. `indexer` and `explorer` are absent on purpose: they follow the chain, never the bus. */
export type Role = "worker" | "gateway" | "sequencer" | "admin" | "system";

/** One party on the bus: `id` is unique within its role. */
export interface Peer {
  readonly role: Role;
  readonly id: string;
}

/**
 * Something that answers requests. `work`: a worker, named by its id. `spend`: the holder of a lane's spender key, named by that key, which
 * signs the root over its job ids of a block.
 */
export interface Service {
  readonly kind: "work" | "spend";
  readonly name: string;
}

const ROOT = "lamina";
const CANCEL_JOB = "cancel-job";
const TOKEN_CHARACTERS_MAX = 128;
const TOKEN = /^[A-Za-z0-9_-]+$/;

/** The one stream of signed results, and the one of messages that could not be handled. */
export const RESULTS_STREAM = "RESULTS";
export const DEAD_STREAM = "DEAD";

export function workService(workerId: string): Service {
  return { kind: "work", name: checkToken(workerId) };
}

/** `spenderId`: the spender's public key in hex. */
export function spendService(spenderId: string): Service {
  return { kind: "spend", name: checkToken(spenderId) };
}

/** Where requests to a service go; its processes listen as one queue group. */
export function callSubject(service: Service): Subject {
  return subject(service.kind, service.name, "call");
}

/** Where several requests go in one message; its processes listen as one queue group here too. */
export function bundleSubject(service: Service): Subject {
  return subject(service.kind, service.name, "bundle");
}

/** Last token of the reply subject where several answers to one asking process come in one message. No call has it. */
export const ANSWERS_TOKEN = "_";

/** Where the later chunks of a large request go: to the one process that took the first. */
export function partSubject(service: Service, member: string): Subject {
  return subject(service.kind, service.name, "part", member);
}

/** Where a requester says that it no longer waits; every process of the service hears it. */
export function cancelSubject(service: Service): Subject {
  return subject(service.kind, service.name, "cancel");
}

/** Where a gateway says, signed, that a job is no longer wanted: `CancelRequest`. Below the worker's own service, which nobody else hears. */
export function cancelJobSubject(workerId: string): Subject {
  return subject("work", workerId, CANCEL_JOB);
}

/**
 * Where the answer to one request goes. It names who answers before who asked: a worker may publish only below its own name, so that it cannot
 * answer in another's place even if it learns the rest (T18). `instance` is the asking process, `call` its request.
 */
export function replySubject(service: Service, requester: Peer, instance: string, call: string): Subject {
  return subject("reply", service.kind, service.name, requester.role, requester.id, instance, call);
}

/** All replies to one asking process. */
export function replyFilter(requester: Peer, instance: string): Subject {
  return filter("reply", "*", "*", requester.role, requester.id, instance, "*");
}

/** Where the server answers a peer's own JetStream calls; no peer may publish here. */
export function inboxPrefix(peer: Peer): Subject {
  return subject("inbox", peer.role, peer.id);
}

export function resultsSubject(workerId: string): Subject {
  return subject("results", workerId);
}

export function heartbeatSubject(workerId: string): Subject {
  return subject("heartbeat", workerId);
}

/** Signed heads of a worker's result logs, for all to see: two different ones at one index are the proof of equivocation (T29). */
export function headsSubject(workerId: string): Subject {
  return subject("heads", workerId);
}

export function preconfirmationSubject(sequencerId: string): Subject {
  return subject("preconfirm", sequencerId);
}

/** Where a consumer puts what it could not handle (T20). */
export function deadLetterSubject(stream: string, durable: string): Subject {
  return subject("dead", stream, durable);
}

export const ALL_RESULTS = filter("results", "*");
export const ALL_HEARTBEATS = filter("heartbeat", "*");
export const ALL_HEADS = filter("heads", "*");
export const ALL_PRECONFIRMATIONS = filter("preconfirm", "*");
export const ALL_DEAD_LETTERS = filter("dead", "*", "*");

/** The durable consumer of one sequencer on the results stream: each sequencer has its own, so that none takes another's messages. */
export function resultsDurable(sequencerId: string): string {
  return `sequencer-${checkToken(sequencerId)}`;
}

/** Filters used by permission sets alone. */
export const permissionFilters = {
  anyCall: (kind: Service["kind"]): Subject[] => [
    filter(kind, "*", "call"),
    filter(kind, "*", "bundle"),
    filter(kind, "*", "part", "*"),
    filter(kind, "*", "cancel"),
    ...(kind === "work" ? [filter(kind, "*", CANCEL_JOB)] : []),
  ],
  ownService: (service: Service): Subject => filter(service.kind, checkToken(service.name), ">"),
  ownReplies: (service: Service): Subject => filter("reply", service.kind, checkToken(service.name), "*", "*", "*", "*"),
  repliesTo: (peer: Peer): Subject => filter("reply", "*", "*", peer.role, checkToken(peer.id), "*", "*"),
  inboxOf: (peer: Peer): Subject => filter("inbox", peer.role, checkToken(peer.id), ">"),
} as const;

/** Tells whether a concrete `candidate` falls under `pattern`, by the rules of NATS: `*` is one token, a last `>` is one or more. */
export function subjectMatches(pattern: string, candidate: string): boolean {
  const wanted = pattern.split(".");
  const found = candidate.split(".");
  for (const [index, token] of wanted.entries()) {
    if (token === ">") return found.length > index;
    if (index >= found.length || (token !== "*" && token !== found[index])) return false;
  }
  return wanted.length === found.length;
}

/** Returns `token` when it can stand between the dots of a subject; throws `InvalidTokenError` otherwise: an id must not smuggle in a dot or a wildcard. */
export function checkToken(token: string): string {
  if (token.length > TOKEN_CHARACTERS_MAX || !TOKEN.test(token)) throw new InvalidTokenError({ found: token, charactersMax: TOKEN_CHARACTERS_MAX });
  return token;
}

function subject(...tokens: readonly string[]): Subject {
  return [ROOT, ...tokens.map(checkToken)].join(".") as Subject;
}

/** As `subject`, wildcards allowed: for constants and names already checked. */
function filter(...tokens: readonly string[]): Subject {
  return [ROOT, ...tokens].join(".") as Subject;
}
