import type { Outcome } from "./outcome.ts";

export interface Stage {
  readonly name: string;
  run(): Promise<Outcome>;
}

export interface SuiteContext {
  readonly root: string;
  readonly long: boolean;
  readonly env: NodeJS.ProcessEnv;
}
