// Package codec reads and writes every byte string that crosses a language or a trust boundary: statements, manifests,
// rows, logs, blocks, batches and final records. It mirrors packages/codec; test/vectors binds the two (I19).
//
// Whatever it decodes is hostile: it never panics, allocates in proportion to its input, and names the first bad item.
// One value has one encoding, so decoding and encoding again gives the same bytes. Source: docs/spec.
package codec
