import { REFERENCE_BYTES_MAX } from "@lamina/codec";
import { EncodeError, type Env, encodeUtf8, toHex } from "@lamina/primitives";
import { InvalidRequestError } from "./client-error.ts";

const RANDOM_BYTES = 16;

/** Where a reference travels: a header holds printable ASCII alone. */
export type ReferenceCarrier = "header" | "body";

/** The client's own words for a job, or random ones: each request has a reference that no other has, so that one inference cannot be sold twice (T75). */
export function referenceOf(env: Pick<Env, "random">, given: string | undefined, carrier: ReferenceCarrier): { text: string; bytes: Uint8Array } {
  const text = given ?? toHex(env.random.bytes(RANDOM_BYTES));
  const bytes = utf8Of(text);
  if (bytes.length > REFERENCE_BYTES_MAX || bytes.length === 0)
    throw new InvalidRequestError("reference", `1 to ${REFERENCE_BYTES_MAX} bytes`, `${bytes.length}`);
  if (carrier === "header" && !/^[!-~]([ -~]*[!-~])?$/.test(text))
    throw new InvalidRequestError("reference", "printable ASCII without blanks at its ends, since it travels as a header", "other characters");
  return { text, bytes };
}

function utf8Of(text: string): Uint8Array {
  try {
    return encodeUtf8(text);
  } catch (error) {
    if (error instanceof EncodeError) throw new InvalidRequestError("reference", "well-formed text", "a lone surrogate");
    throw error;
  }
}
