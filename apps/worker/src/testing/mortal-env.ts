import type { AppendHandle, Env, FileSystem } from "@lamina/primitives";

/** A process that can die: from then on its steps never end and its disk calls never return, while the world goes on. */
export class Life {
  isOver = false;
  readonly #passings = new Map<string, number>();
  readonly #crashAt: { readonly step: string; readonly passing: number } | undefined;
  readonly #onDeath: () => void;

  constructor(crashAt: { readonly step: string; readonly passing: number } | undefined, onDeath: () => void = () => undefined) {
    this.#crashAt = crashAt;
    this.#onDeath = onDeath;
  }

  step(name: string): void | Promise<void> {
    const passing = (this.#passings.get(name) ?? 0) + 1;
    this.#passings.set(name, passing);
    if (!this.isOver && this.#crashAt?.step === name && this.#crashAt.passing === passing) {
      this.isOver = true;
      this.#onDeath();
    }
    return this.isOver ? never() : undefined;
  }
}

/** `env` as one process has it. */
export function mortalEnv(env: Env, life: Life): Env {
  return {
    ...env,
    files: mortal(env.files, life, (name, result) => (name === "openAppend" ? mortalHandle(result, life) : result)),
    step: (name) => life.step(name),
  };
}

function mortalHandle(handle: unknown, life: Life): AppendHandle {
  return mortal(handle as AppendHandle, life, (_, result) => result);
}

function mortal<T extends FileSystem | AppendHandle>(target: T, life: Life, map: (name: string, result: unknown) => unknown): T {
  return new Proxy(target, {
    get(object, name: string) {
      const value = Reflect.get(object, name, object) as unknown;
      if (typeof value !== "function") return value;
      return async (...words: unknown[]) => (life.isOver ? never() : map(name, await (value.apply(object, words) as Promise<unknown>)));
    },
  });
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
