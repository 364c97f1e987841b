import { HEADS_STREAM, headsDurable } from "./heads-archive.ts";
import {
  ALL_HEADS,
  ALL_HEARTBEATS,
  ALL_PRECONFIRMATIONS,
  checkToken,
  DEAD_STREAM,
  deadLetterSubject,
  headsSubject,
  heartbeatSubject,
  type Peer,
  permissionFilters,
  preconfirmationSubject,
  RESULTS_STREAM,
  resultsDurable,
  resultsSubject,
  spendService,
  workService,
} from "./subjects.ts";

/** What a peer may do. Whatever is not listed is refused by the server; nothing is granted by reply (see `permissionsOf`). */
export interface PermissionSet {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** A peer with what its permissions depend on. `spenderIds`: the spender keys for which a gateway signs. */
export type Grantee =
  | (Peer & { readonly role: "gateway"; readonly spenderIds: readonly string[] })
  | (Peer & { readonly role: Exclude<Peer["role"], "gateway"> });

/**
 * The permissions of a peer: the whole of T18 and T19 in one place. No `$JS.API` verb but the exact ones named here, with stream and consumer in
 * the subject, so none reads, creates, purges or deletes elsewhere. Replies are granted by subject, never by "allow responses": that grant lets a
 * requester choose any subject at all, `$JS.API.STREAM.DELETE` included, and have a friendly responder publish there.
 */
export function permissionsOf(grantee: Grantee): PermissionSet {
  checkToken(grantee.id);
  const inbox = permissionFilters.inboxOf(grantee);
  switch (grantee.role) {
    case "worker":
      return workerPermissions(grantee.id, inbox);
    case "gateway":
      return gatewayPermissions(grantee, grantee.spenderIds, inbox);
    case "sequencer":
      return sequencerPermissions(grantee, inbox);
    case "admin":
      return adminPermissions(inbox);
    case "system":
      return { publish: ["$SYS.REQ.CLAIMS.UPDATE"], subscribe: [inbox] };
  }
}

function workerPermissions(workerId: string, inbox: string): PermissionSet {
  const work = workService(workerId);
  return {
    publish: [resultsSubject(workerId), heartbeatSubject(workerId), headsSubject(workerId), permissionFilters.ownReplies(work)],
    subscribe: [permissionFilters.ownService(work), ALL_HEADS, inbox],
  };
}

function gatewayPermissions(peer: Peer, spenderIds: readonly string[], inbox: string): PermissionSet {
  const spends = spenderIds.map(spendService);
  return {
    publish: [...permissionFilters.anyCall("work"), ...spends.map(permissionFilters.ownReplies), ...reading(HEADS_STREAM, headsDurable(peer))],
    subscribe: [
      permissionFilters.repliesTo(peer),
      ...spends.map(permissionFilters.ownService),
      ALL_HEARTBEATS,
      ALL_PRECONFIRMATIONS,
      ALL_HEADS,
      inbox,
    ],
  };
}

function sequencerPermissions(peer: Peer, inbox: string): PermissionSet {
  const durable = resultsDurable(peer.id);
  return {
    publish: [
      ...permissionFilters.anyCall("spend"),
      preconfirmationSubject(peer.id),
      ...reading(RESULTS_STREAM, durable),
      ...reading(HEADS_STREAM, headsDurable(peer)),
    ],
    subscribe: [permissionFilters.repliesTo(peer), ALL_HEADS, inbox],
  };
}

/**
 * To take what one durable consumer holds. A reader may have the server send that to any subject, where it then shows under the subject that it was
 * published to. That is why nobody may use direct gets, whose answers show under the reader's: a worker could speak in another's name.
 */
function reading(stream: string, durable: string): string[] {
  const verbs = ["INFO", "MSG.NEXT"].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.${durable}`);
  return [deadLetterSubject(stream, durable), ...verbs, `$JS.ACK.${stream}.${durable}.>`];
}

/** Sets streams and consumers up and reads dead letters. It can neither purge nor delete: a stolen admin credential loses no result. */
function adminPermissions(inbox: string): PermissionSet {
  const streams = [RESULTS_STREAM, DEAD_STREAM, HEADS_STREAM];
  return {
    publish: [
      ...streams.flatMap((stream) => ["INFO", "CREATE", "UPDATE"].map((verb) => `$JS.API.STREAM.${verb}.${stream}`)),
      ...[RESULTS_STREAM, HEADS_STREAM].flatMap((stream) => [
        `$JS.API.CONSUMER.CREATE.${stream}.*`,
        `$JS.API.CONSUMER.CREATE.${stream}.*.>`,
        `$JS.API.CONSUMER.INFO.${stream}.*`,
      ]),
      `$JS.API.STREAM.MSG.GET.${DEAD_STREAM}`,
    ],
    subscribe: [inbox],
  };
}
