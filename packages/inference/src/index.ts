export { checkItem } from "./batch.ts";
export type { Confinement } from "./child/confine.ts";
export type { ChildLimits, ChildProgram, Wrappers } from "./child-command.ts";
export { probeWrappers } from "./child-command.ts";
export {
  BusyError,
  ChildLostError,
  DeadlineError,
  InvalidItemError,
  LoadError,
  ModelRefusedError,
  ProviderError,
  RunError,
  UnknownProfileError,
} from "./inference-error.ts";
export { ModelHost } from "./model-host.ts";
export type { HostEvent, HostLoad, ModelHostOptions, RunOptions } from "./model-host-options.ts";
export type { InferenceRuntime, OpenOptions, Provider, RuntimeSession } from "./runtime.ts";
export { PROVIDERS } from "./runtime.ts";
export type { Plan, ServingPlan } from "./serving-plan.ts";
export { planServing } from "./serving-plan.ts";
export { longestProfile, smallestProfile, tokensOf, tokensToItem } from "./shape-items.ts";
export type { ModelSignature, NamedTensor, ProfileShapes } from "./signature.ts";
export type { TextTokenizerOptions } from "./text-tokenizer.ts";
export { TextTokenizer, TokenizerError } from "./text-tokenizer.ts";
