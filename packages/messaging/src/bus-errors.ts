import { BaseError } from "@lamina/primitives";

/** An id that cannot be one token of a subject. */
export class InvalidTokenError extends BaseError<"INVALID_TOKEN"> {
  readonly details: { readonly found: string; readonly charactersMax: number };
  constructor(details: { found: string; charactersMax: number }) {
    super("INVALID_TOKEN", `a subject token is 1..${details.charactersMax} of A-Z a-z 0-9 _ -, found ${JSON.stringify(details.found.slice(0, 200))}`);
    this.details = details;
  }
}

/** More bytes than one call may carry; nothing was sent. */
export class PayloadTooLargeError extends BaseError<"PAYLOAD_TOO_LARGE"> {
  readonly details: { readonly subject: string; readonly limitBytes: number; readonly foundBytes: number };
  constructor(details: { subject: string; limitBytes: number; foundBytes: number }) {
    super("PAYLOAD_TOO_LARGE", `a payload on ${details.subject} has at most ${details.limitBytes} bytes, found ${details.foundBytes}`);
    this.details = details;
  }
}

/** Nobody listens there now. The request was not handled by anybody. */
export class NoRespondersError extends BaseError<"NO_RESPONDERS"> {
  override readonly retryable = true;
  readonly details: { readonly subject: string };
  constructor(subject: string) {
    super("NO_RESPONDERS", `nobody serves ${subject}`);
    this.details = { subject };
  }
}

/** No answer in time. Whether the other side acted is not known. */
export class DeadlineError extends BaseError<"DEADLINE"> {
  override readonly retryable = true;
  readonly details: { readonly subject: string; readonly timeoutMs: number };
  constructor(details: { subject: string; timeoutMs: number }, options?: ErrorOptions) {
    super("DEADLINE", `no answer on ${details.subject} within ${details.timeoutMs} ms`, options);
    this.details = details;
  }
}

/** The server does not let this peer publish or subscribe there. */
export class PermissionError extends BaseError<"PERMISSION"> {
  readonly details: { readonly operation: "publish" | "subscribe"; readonly subject: string };
  constructor(details: { operation: "publish" | "subscribe"; subject: string }, options?: ErrorOptions) {
    super("PERMISSION", `this peer may not ${details.operation} on ${details.subject}`, options);
    this.details = details;
  }
}

/** The bus was closed, by us, by the server (a revoked or expired credential) or for good by the network. */
export class BusClosedError extends BaseError<"BUS_CLOSED"> {
  readonly details: { readonly reason: string };
  constructor(reason: string, options?: ErrorOptions) {
    super("BUS_CLOSED", `the bus is closed: ${reason}`, options);
    this.details = { reason };
  }
}

/** The connection broke while a request waited; the other side may or may not have acted. */
export class ConnectionLostError extends BaseError<"CONNECTION_LOST"> {
  override readonly retryable = true;
  readonly details: { readonly subject: string };
  constructor(subject: string) {
    super("CONNECTION_LOST", `the connection broke while ${subject} was asked`);
    this.details = { subject };
  }
}

/** No connection could be made. */
export class ConnectError extends BaseError<"BUS_CONNECT"> {
  override readonly retryable: boolean;
  readonly details: { readonly servers: readonly string[]; readonly reason: string };
  constructor(details: { servers: readonly string[]; reason: string; retryable: boolean }, options?: ErrorOptions) {
    super("BUS_CONNECT", `cannot connect to ${details.servers.join(", ")}: ${details.reason}`, options);
    this.retryable = details.retryable;
    this.details = { servers: details.servers, reason: details.reason };
  }
}

/** The service took the request and refused it. `reason` is the service's own stable code. */
export class ServiceRefusedError extends BaseError<"SERVICE_REFUSED"> {
  override readonly retryable: boolean;
  readonly details: { readonly subject: string; readonly reason: string; readonly text: string };
  constructor(details: { subject: string; reason: string; text: string; retryable: boolean }) {
    super("SERVICE_REFUSED", `${details.subject} refused (${details.reason}): ${details.text}`);
    this.retryable = details.retryable;
    this.details = { subject: details.subject, reason: details.reason, text: details.text };
  }
}

/** A peer broke the framing of requests and replies. */
export class FrameError extends BaseError<"BAD_FRAME"> {
  readonly details: { readonly expected: string; readonly found: string };
  constructor(details: { expected: string; found: string }) {
    super("BAD_FRAME", `expected ${details.expected}, found ${details.found}`);
    this.details = details;
  }
}

/** The stream did not take the message: full, absent, or not allowed. Nothing was stored. */
export class AppendRefusedError extends BaseError<"APPEND_REFUSED"> {
  override readonly retryable: boolean;
  readonly details: { readonly subject: string; readonly reason: string };
  constructor(details: { subject: string; reason: string; retryable: boolean }, options?: ErrorOptions) {
    super("APPEND_REFUSED", `no stream took the message on ${details.subject}: ${details.reason}`, options);
    this.retryable = details.retryable;
    this.details = { subject: details.subject, reason: details.reason };
  }
}
