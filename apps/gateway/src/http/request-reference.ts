import { REFERENCE_BYTES_MAX } from "@lamina/codec";
import { encodeUtf8 } from "@lamina/primitives";
import { GatewayError } from "../gateway-error.ts";

/** The client's reference as bytes, from the header `lamina-reference` or a field. */
export function requestReference(text: string | undefined): Uint8Array {
  const bytes = encodeUtf8(text ?? "");
  if (bytes.length <= REFERENCE_BYTES_MAX) return bytes;
  throw new GatewayError("invalid_request", `a reference has at most ${REFERENCE_BYTES_MAX} bytes, found ${bytes.length}`, { param: "reference" });
}
