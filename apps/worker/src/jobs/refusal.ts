import { bus } from "@lamina/protocol";

/** Why a job was not done: a reason that a program reads, and words that name expected and found. */
export interface Refused {
  readonly kind: "refused";
  readonly reason: bus.WorkRefusal;
  readonly message: string;
}

export function refuse(reason: bus.WorkRefusal, message: string): Refused {
  return { kind: "refused", reason, message };
}

/** The reason's name in lower case: a label of metrics, a field of logs. */
export function reasonName(reason: bus.WorkRefusal): string {
  return bus.WorkRefusalSchema.value[reason]?.localName.toLowerCase() ?? "unspecified";
}
