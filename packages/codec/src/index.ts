export { isSignatureWellFormed, type PublicKeyProblem, publicKeyProblem, verifyEd25519Strict } from "./ed25519.ts";
