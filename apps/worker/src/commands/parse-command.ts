export const USAGE = `usage: worker [run] [--new-state]    take jobs; settings come from the environment (README.md)
       worker keys new FILE          make a signing key in a new file, print its public key
       worker keys show FILE         print the public key of a key file
       worker incarnation new        ask the chain for a new incarnation of the log, after its disk was lost
       worker help`;

export type Command =
  | { readonly kind: "run"; readonly newState: boolean }
  | { readonly kind: "new-key" | "show-key"; readonly path: string }
  | { readonly kind: "new-incarnation" }
  | { readonly kind: "help" }
  | { readonly kind: "usage"; readonly problem: string };

/** Reads the words behind the program's name. */
export function parseCommand(words: readonly string[]): Command {
  const [first, second, third, ...rest] = words;
  if (first === "help" || first === "--help") return { kind: "help" };
  if (first === "keys" && (second === "new" || second === "show") && third !== undefined && rest.length === 0) {
    return { kind: second === "new" ? "new-key" : "show-key", path: third };
  }
  if (first === "incarnation" && second === "new" && third === undefined) return { kind: "new-incarnation" };
  const flags = first === "run" ? words.slice(1) : words;
  const unknown = flags.find((flag) => flag !== "--new-state");
  if (unknown !== undefined) return { kind: "usage", problem: `unknown word ${JSON.stringify(unknown)}` };
  return { kind: "run", newState: flags.length > 0 };
}
