export { type ConsistencyClaim, verifyConsistency } from "./consistency.ts";
export { emptyRoot, hashLeaf, hashLeafOf, hashNode } from "./hash.ts";
export { type InclusionProof, inclusionProofLength, rootFromInclusion, verifyInclusion, verifyInclusionOfHash } from "./inclusion.ts";
export { append, appendHash, emptyLog, logProblem, logRoot, type MerkleLog, merkleRoot, merkleRootOfHashes, peakCount } from "./log.ts";
export { type Sha256, sha256, sha256Joined, useSha256 } from "./sha256.ts";
export { MerkleTree } from "./tree.ts";
