/** A model's inputs, outputs and static shapes, as its manifest states them: `Manifest` of the codec fits. */
export interface GateSignature {
  readonly inputs: readonly { readonly name: string; readonly type: number }[];
  readonly outputs: readonly { readonly name: string; readonly type: number }[];
  /** Shapes of one item, batch axis first and 1, in the order of `inputs` and `outputs`. */
  readonly profiles: readonly {
    readonly id: number;
    readonly inputs: readonly (readonly number[])[];
    readonly outputs: readonly (readonly number[])[];
  }[];
}

export type GateProfile = GateSignature["profiles"][number];
