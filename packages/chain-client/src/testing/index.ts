export { TestChain, type TestChainOptions } from "./test-chain.ts";
