/**
 * What is known about the way of a request from the gate to the wire. The fetch and the dispatcher in use are examined
 * before each send: Deno, Bun and workerd report that they are Node, and a fetch may be wrapped.
 *
 *   known     Node's own fetch over Node's own agent: delivers once, except for a 421 (Fetch standard,
 *             HTTP-network-or-cache fetch, step 18), and reports truly why it failed; or `undiciFetch` over its own
 *             agent, which delivers once and reports the same
 *   told      either of the two over another dispatcher (a proxy's, or one that retries): only what undici's channel
 *             reports about it is known
 *   unknown   any other fetch (a wrapper, a mock, another platform's): it may send again, and its errors prove nothing
 */
export type Carrier =
  | { readonly kind: 'known' | 'told'; readonly dispatcher: object }
  | { readonly kind: 'unknown' }
