import { readLevel } from "@lamina/api";
import { GatewayError } from "../gateway-error.ts";

/** The level that a request asks for. Throws `GatewayError` (`unsupported_level`), also where header and body differ. */
export function requestLevel(header: string | undefined, field: string | undefined): { readonly level: number; readonly param: number } {
  if (header !== undefined && field !== undefined && header !== field) {
    throw new GatewayError("invalid_request", "the header lamina-level and the body ask for different levels", { param: "lamina_level" });
  }
  const choice = readLevel(field ?? header);
  if (choice.kind === "offered") return { level: choice.level, param: choice.param };
  const shown = JSON.stringify(choice.found.slice(0, 32));
  throw new GatewayError("unsupported_level", `level ${shown} is not offered; offered: ${choice.offered.join(", ")}`, { param: "lamina_level" });
}
