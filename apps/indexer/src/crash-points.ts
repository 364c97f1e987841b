/** Every place of the indexer where a crash would be interesting, in the order in which a height passes them. For `LAMINA_CRASH_AT` and fault tests. */
export const CRASH_POINTS = [
  "indexer.migrated",
  "indexer.height.decoded",
  "indexer.group.results-written",
  "indexer.group.before-commit",
  "indexer.group.committed",
] as const;

/** Those of `indexer rebuild`. */
export const REBUILD_CRASH_POINTS = ["indexer.cleared"] as const;
