export { browserEnv, NotInBrowserError } from "./browser-env.ts";
