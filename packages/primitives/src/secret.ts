/**
 * Holds a value that must not reach a log, a metric, an error message or a core of plain JSON. Printing it in any way gives `[redacted]`;
 * `reveal()` is the one way in, so that each use can be found by a search. Defends I31, T62.
 */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return "[redacted]";
  }

  toJSON(): string {
    return "[redacted]";
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[redacted]";
  }
}
