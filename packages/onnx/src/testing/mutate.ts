/** Draws integers in 0…bound−1; `SeededRng` of @lamina/testing fits. */
export interface Draws {
  below(bound: number): number;
}

/** One to `changesMax` changes: a bit flipped, a byte set, a piece cut out, doubled, or the whole turned round at a place. */
export function mutate(draws: Draws, seed: Uint8Array, changesMax = 8): Uint8Array {
  let bytes: number[] = [...seed];
  for (let changes = 1 + draws.below(changesMax); changes > 0 && bytes.length > 0; changes--) {
    const at = draws.below(bytes.length);
    const length = 1 + draws.below(16);
    switch (draws.below(5)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << draws.below(8));
        break;
      case 1:
        bytes[at] = [0, 1, 0x7f, 0x80, 0xff][draws.below(5)] ?? 0;
        break;
      case 2:
        bytes.splice(at, length);
        break;
      case 3:
        bytes.splice(at, 0, ...bytes.slice(at, at + length));
        break;
      default:
        bytes = [...bytes.slice(at), ...bytes.slice(0, at)];
    }
  }
  return Uint8Array.from(bytes);
}
