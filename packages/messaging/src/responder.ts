import type { Env, TimerHandle } from "@lamina/primitives";
import { encodeUtf8, toHex } from "@lamina/primitives";
import { AnswerGatherer } from "./answer-gatherer.ts";
import { type BundledAnswer, type BundledCall, readCallBundle, writeAnswerBundle } from "./bundles.ts";
import { Refusal, type RequestHandler, type Served } from "./bus.ts";
import { FrameError } from "./bus-errors.ts";
import { Assembly, HEADER, HEADER_ROOM_BYTES, splitPayload, wholeNumber } from "./frames.ts";
import {
  ANSWERS_TOKEN,
  bundleSubject,
  callSubject,
  cancelSubject,
  partSubject,
  permissionFilters,
  type Service,
  type Subject,
  subjectMatches,
} from "./subjects.ts";
import type { BusTransport, Headers, TransportMessage, TransportSubscription } from "./transport.ts";

const EMPTY = new Uint8Array();
const MEMBER_BYTES = 12;
const TIMEOUT_MS_MAX = 600_000;
const QUEUE = "service";

export interface ResponderOptions {
  readonly service: Service;
  /** Largest request, and largest answer. */
  readonly limitBytes: number;
  /** Announced bytes of half-received requests that may wait here at once. */
  readonly assemblyBytesMax: number;
}

export interface ResponderDependencies {
  readonly env: Pick<Env, "timers" | "random">;
  readonly transport: BusTransport;
  /** Told of each handler that failed without a `Refusal`, and of each malformed request. */
  readonly onFault: (what: string, error: unknown) => void;
}

/** A request from its first chunk to its answer. */
interface Job {
  readonly reply: Subject;
  /** The asker's reply subjects up to their last token, where it takes several answers in one message. */
  readonly asker: string | undefined;
  readonly timeoutMs: number;
  readonly controller: AbortController;
  readonly timer: TimerHandle;
  assembly: Assembly | undefined;
}

/** The answering side of one service in this process. */
export class Responder implements Served {
  readonly #options: ResponderOptions;
  readonly #dependencies: ResponderDependencies;
  readonly #handler: RequestHandler;
  readonly #member: string;
  readonly #replies: string;
  readonly #jobs = new Map<string, Job>();
  readonly #calls: readonly TransportSubscription[];
  readonly #answers: AnswerGatherer;
  readonly #others: readonly TransportSubscription[];
  #assemblingBytes = 0;
  #whenIdle: (() => void)[] = [];

  constructor(options: ResponderOptions, dependencies: ResponderDependencies, handler: RequestHandler) {
    const { service } = options;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#handler = handler;
    this.#member = toHex(dependencies.env.random.bytes(MEMBER_BYTES));
    this.#replies = permissionFilters.ownReplies(service);
    const subscribe = (subject: Subject, queue: string | undefined, on: (message: TransportMessage) => void) =>
      dependencies.transport.subscribe(subject, queue, (message) => this.#guard(message, on));
    this.#others = [
      subscribe(partSubject(service, this.#member), undefined, (message) => this.#onPart(message)),
      subscribe(cancelSubject(service), undefined, (message) => this.#end(message.reply, true)),
    ];
    this.#answers = new AnswerGatherer({ bytesMax: this.#messageBytes / 2 }, (asker, answers) => this.#sendAnswers(asker, answers));
    this.#calls = [
      subscribe(callSubject(service), QUEUE, (message) => this.#onCall(message)),
      subscribe(bundleSubject(service), QUEUE, (message) => this.#onBundle(message)),
    ];
  }

  async drain(): Promise<void> {
    await Promise.all(this.#calls.map((each) => each.drain()));
    if (this.#jobs.size > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    await Promise.all(this.#others.map((each) => each.drain()));
  }

  get #messageBytes(): number {
    return this.#dependencies.transport.messageBytesMax - HEADER_ROOM_BYTES;
  }

  #guard(message: TransportMessage, on: (message: TransportMessage) => void): void {
    try {
      on(message);
    } catch (error) {
      this.#dependencies.onFault("a malformed request was dropped", error);
      if (error instanceof FrameError && this.#isReply(message.reply)) this.#answerError(message.reply, "BAD_FRAME", error.message, false);
      this.#end(message.reply, true);
    }
  }

  #onCall(message: TransportMessage): void {
    // Answering elsewhere would lend a requester our right to publish.
    if (!this.#isReply(message.reply)) throw new FrameError({ expected: `a reply under ${this.#replies}`, found: String(message.reply) });
    if (this.#jobs.has(message.reply)) throw new FrameError({ expected: "a reply subject of its own", found: "one already in use" });
    const timeoutMs = wholeNumber(message.header(HEADER.timeoutMs), "a timeout in ms", TIMEOUT_MS_MAX);
    const size = message.header(HEADER.size);
    if (size === undefined) {
      this.#run(this.#begin(message.reply, timeoutMs, undefined), message.payload);
      return;
    }
    const assembly = new Assembly({ size, chunks: message.header(HEADER.chunks) }, this.#options.limitBytes);
    if (this.#assemblingBytes + assembly.sizeBytes > this.#options.assemblyBytesMax) {
      this.#answerError(message.reply, "OVERLOADED", `requests of ${this.#assemblingBytes} bytes are being received already`, true);
      return;
    }
    const job = this.#begin(message.reply, timeoutMs, assembly);
    this.#add(job, 0, message.payload);
    if (job.assembly !== undefined) this.#publish(job.reply, EMPTY, { [HEADER.continue]: this.#member });
  }

  /** Each call of a bundle is one for itself from here on; a bundle of which one entry is malformed is malformed. */
  #onBundle({ reply, payload }: TransportMessage): void {
    if (!this.#isReply(reply)) throw new FrameError({ expected: `a reply under ${this.#replies}`, found: String(reply) });
    const asker = reply.slice(0, reply.lastIndexOf(".") + 1);
    const calls = readCallBundle(payload);
    for (const { timeoutMs } of calls) wholeNumber(String(timeoutMs), "a timeout in ms", TIMEOUT_MS_MAX);
    for (const call of calls) this.#beginBundled(asker, call);
  }

  #beginBundled(asker: string, { id, timeoutMs, payload }: BundledCall): void {
    const reply = `${asker}${id}` as Subject;
    if (!this.#jobs.has(reply)) this.#run(this.#begin(reply, timeoutMs, undefined, asker), payload);
    else this.#dependencies.onFault("a repeated call was dropped", new FrameError({ expected: "an id of its own", found: "one already in use" }));
  }

  #onPart(message: TransportMessage): void {
    const job = this.#jobs.get(message.reply ?? "");
    if (job === undefined) return;
    this.#add(job, wholeNumber(message.header(HEADER.chunk), "a chunk's index", Number.MAX_SAFE_INTEGER), message.payload);
  }

  #begin(reply: Subject, timeoutMs: number, assembly: Assembly | undefined, asker?: string): Job {
    const timer = this.#dependencies.env.timers.setTimeout(() => this.#end(reply, true), timeoutMs);
    const job = { reply, asker, timeoutMs, controller: new AbortController(), timer, assembly };
    this.#jobs.set(reply, job);
    this.#assemblingBytes += assembly?.sizeBytes ?? 0;
    return job;
  }

  #add(job: Job, index: number, piece: Uint8Array): void {
    const { assembly } = job;
    if (assembly === undefined) throw new FrameError({ expected: "no further chunk", found: `chunk ${index}` });
    const payload = assembly.add(index, piece);
    if (payload === undefined) return;
    this.#assemblingBytes -= assembly.sizeBytes;
    job.assembly = undefined;
    this.#run(job, payload);
  }

  #run(job: Job, payload: Uint8Array): void {
    this.#handle(job, payload).catch((error: unknown) => this.#refuse(job, error));
  }

  async #handle(job: Job, payload: Uint8Array): Promise<void> {
    this.#answer(job, await this.#handler({ payload, signal: job.controller.signal, timeoutMs: job.timeoutMs }));
  }

  #answer(job: Job, answer: Uint8Array): void {
    const { limitBytes } = this.#options;
    if (answer.length > limitBytes) throw new Refusal("ANSWER_TOO_LARGE", `an answer has at most ${limitBytes} bytes, found ${answer.length}`);
    if (!this.#end(job.reply, false)) return;
    if (job.asker !== undefined && answer.length <= this.#messageBytes / 2) {
      this.#answers.add(job.asker, { id: job.reply.slice(job.asker.length), payload: answer, error: "", retryable: false });
      return;
    }
    const pieces = splitPayload(answer, this.#messageBytes);
    if (pieces.length === 1) {
      this.#publish(job.reply, answer, undefined);
      return;
    }
    for (const [index, piece] of pieces.entries()) {
      const announced = index === 0 ? { [HEADER.size]: String(answer.length), [HEADER.chunks]: String(pieces.length) } : {};
      this.#publish(job.reply, piece, { ...announced, [HEADER.chunk]: String(index) });
    }
  }

  #refuse(job: Job, error: unknown): void {
    const isWanted = this.#end(job.reply, false);
    if (error instanceof Refusal) {
      if (isWanted) this.#answerError(job.reply, error.details.reason, error.message, error.retryable);
      return;
    }
    // A handler that stopped because it was told to has not failed.
    if (job.controller.signal.aborted) return;
    this.#dependencies.onFault("a request handler failed", error);
    if (isWanted) this.#answerError(job.reply, "HANDLER_FAILED", "the service failed at this request", true);
  }

  /** One alone travels as the answer to a single call does. */
  #sendAnswers(asker: string, answers: readonly BundledAnswer[]): void {
    const [only, ...others] = answers;
    if (only !== undefined && others.length === 0) this.#publish(`${asker}${only.id}` as Subject, only.payload, undefined);
    else this.#publish(`${asker}${ANSWERS_TOKEN}` as Subject, writeAnswerBundle(answers), undefined);
  }

  #answerError(reply: Subject, reason: string, text: string, retryable: boolean): void {
    this.#publish(reply, encodeUtf8(text), { [HEADER.error]: reason, [HEADER.retryable]: String(retryable) });
  }

  #publish(reply: Subject, payload: Uint8Array, headers: Headers | undefined): void {
    this.#dependencies.transport.publish(reply, payload, headers === undefined ? {} : { headers });
  }

  #isReply(reply: string | undefined): reply is Subject {
    return reply !== undefined && subjectMatches(this.#replies, reply);
  }

  /** Forgets the job; false where it was not known any more, so that nobody waits for its answer. */
  #end(reply: string | undefined, isAborted: boolean): boolean {
    const job = this.#jobs.get(reply ?? "");
    if (job === undefined) return false;
    this.#jobs.delete(job.reply);
    this.#dependencies.env.timers.clearTimeout(job.timer);
    this.#assemblingBytes -= job.assembly?.sizeBytes ?? 0;
    if (isAborted) job.controller.abort();
    if (this.#jobs.size === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    return true;
  }
}
