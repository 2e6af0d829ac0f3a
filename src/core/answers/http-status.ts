/*
 * What a status proves alone. A number outside of IANA's registry (499 of nginx and gRPC, 520 to 527 of a CDN) is no
 * statement about the operation, because a proxy on the way made it up. The lists are written out, because bundlers
 * leave a list out of a page that does not use it, but not one that is computed.
 */

/** https://www.iana.org/assignments/http-status-codes: the assigned statuses; 306 and 418 are "(Unused)". */
const REGISTERED = new Set([
  100, 101, 102, 103, 104, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305,
  307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421,
  422, 423, 424, 425, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511,
])

export function isRegistered(status: number): boolean {
  return REGISTERED.has(status)
}

/**
 * Statuses about a request that could not be taken. Servers and proxies send them before anything is done or passed on.
 */
const SAID_OF_THE_REQUEST = new Set([411, 413, 414, 415, 417, 431])

/** Whether a refusal with this status holds for every delivery of the request. */
export function isOfTheRequest(status: number): boolean {
  return SAID_OF_THE_REQUEST.has(status)
}

/**
 * The statuses that count even if a page came instead of data, because a proxy sends them before it passes anything on,
 * or because they never settle a key. With any other status, a page proves nothing.
 */
const SAID_BY_PAGES = new Set([411, 413, 414, 415, 417, 431, 400, 401, 407, 421, 425, 429])

export function meansTheSameAsPage(status: number): boolean {
  return SAID_BY_PAGES.has(status)
}
