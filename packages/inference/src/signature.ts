import type { ElementType } from "@lamina/codec";

export interface NamedTensor {
  readonly name: string;
  readonly type: ElementType;
}

/** Static shapes of one item, batch axis first and 1, in the order of the signature's inputs and outputs. */
export interface ProfileShapes {
  readonly id: number;
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
}

/** What a model takes and gives: the part of its manifest that running it needs. */
export interface ModelSignature {
  readonly inputs: readonly NamedTensor[];
  readonly outputs: readonly NamedTensor[];
  readonly profiles: readonly ProfileShapes[];
}
