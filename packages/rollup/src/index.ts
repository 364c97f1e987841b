export { type ChargeShares, type FeeParams, splitCharge } from "./split-charge.ts";
