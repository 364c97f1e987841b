import { ROUTES, type Route } from "@lamina/api";

const PATHS: readonly { readonly pattern: RegExp; readonly method: string }[] = Object.values<Route>(ROUTES).map(({ path, method }) => ({
  pattern: new RegExp(`^${path.replaceAll(/[.]/g, "\\$&").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
  method,
}));

/** The methods that a path has routes for, as the header `allow` lists them (RFC 9110 §10.2.1); undefined for a path that is not served at all. */
export function allowedMethods(url: string): string | undefined {
  const [path = ""] = url.split("?");
  const methods = new Set(PATHS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method));
  return methods.size === 0 ? undefined : [...methods].sort().join(", ");
}
