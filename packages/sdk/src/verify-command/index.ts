export { parseVerifyArguments, UsageError, usage, type VerifyArguments } from "./arguments.ts";
export { describeVerdict } from "./describe-verdict.ts";
export { exitCodes, runVerify, type VerifyDependencies } from "./run-verify.ts";
