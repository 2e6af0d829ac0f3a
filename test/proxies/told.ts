import type { PerProxy } from './scenario.ts'

/**
 * What a client tells of each scenario: its attempts, polls and asks in short, the outcome, the deliveries that reached the
 * application, and how often that executed. A proxy that is not named, where there are no `others`, has no such settings.
 */
export const TOLD: Readonly<Record<string, PerProxy<string>>> = {
  'an answer that is lost, under a key that is honoured': {
    others: '502 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    varnish: '503 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
  },
  'an answer that is lost on connections that were used before, under a key that is honoured': {
    others: '502 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    haproxy: 'no answer unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    apache: 'no answer unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    varnish: '503 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
  },
  'an answer that is lost on a connection that was used before, by an application that closes its own': {
    others: '502 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    haproxy: 'no answer unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    apache: 'no answer unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    varnish: '503 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
  },
  'an answer that is lost, without keys': {
    others: '502 unknown → unknown, unresolved; delivered 1, executed 1',
    varnish: '503 unknown → unknown, unresolved; delivered 1, executed 1',
  },
  'an answer that is lost, without keys, and an application that can be asked': {
    others: '502 unknown, query 200 executed → executed {"charge":"ch_1"}; delivered 1, executed 1',
    varnish: '503 unknown, query 200 executed → executed {"charge":"ch_1"}; delivered 1, executed 1',
  },
  'silence past the patience of the proxy, under a key that is honoured': {
    others: '504 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    apache: '502 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    varnish: '503 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
  },
  'silence past the patience of the proxy, without keys': {
    others: '504 unknown → unknown, unresolved; delivered 1, executed 1',
    apache: '502 unknown → unknown, unresolved; delivered 1, executed 1',
    varnish: '503 unknown → unknown, unresolved; delivered 1, executed 1',
  },
  'an application that refuses connections and comes back, under a key that is honoured': {
    others: '503 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 1, executed 1',
    nginx: '502 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 1, executed 1',
    caddy: '502 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 1, executed 1',
  },
  'an application that refuses connections and comes back, with the advised settings': {
    others: '503 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 1, executed 1',
    nginx: '502 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 1, executed 1',
    caddy: '502 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 1, executed 1',
  },
  'an application that refuses connections and comes back, without keys': {
    others: '503 unknown → unknown, unresolved; delivered 0, executed 0',
    nginx: '502 unknown → unknown, unresolved; delivered 0, executed 0',
    caddy: '502 unknown → unknown, unresolved; delivered 0, executed 0',
  },
  'an answer whose head is larger than the proxy or the client takes, each time': {
    others: '502 unknown → unknown, unresolved; delivered 2, executed 1',
    caddy: 'no answer unknown → unknown, unresolved; delivered 2, executed 1',
    varnish: '503 unknown → unknown, unresolved; delivered 2, executed 1',
  },
  'DELETE, whose second delivery is refused because of the first, without keys': {
    others: '404 rejected → unknown, rejected; delivered 2, executed 1',
    haproxy: 'no answer unknown → unknown, unresolved; delivered 1, executed 1',
    apache: 'no answer unknown → unknown, unresolved; delivered 1, executed 1',
    caddy: '502 unknown → unknown, unresolved; delivered 1, executed 1',
  },
  'DELETE with the advised settings, without keys': {
    others: '502 unknown → unknown, unresolved; delivered 1, executed 1',
    haproxy: 'no answer unknown → unknown, unresolved; delivered 1, executed 1',
    varnish: '404 rejected → unknown, rejected; delivered 2, executed 1',
  },
  'DELETE under a key that is honoured': {
    others: '201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    haproxy: 'no answer unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    apache: 'no answer unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
  },
  'PUT with If-Match, whose second delivery is refused because of the first, without keys': {
    others: 'no answer unknown → unknown, unresolved; delivered 1, executed 1',
    nginx: '412 conflict → unknown, conflict; delivered 2, executed 1',
    caddy: '502 unknown → unknown, unresolved; delivered 1, executed 1',
    varnish: '503 unknown → unknown, unresolved; delivered 1, executed 1',
    squid: '502 unknown → unknown, unresolved; delivered 1, executed 1',
  },
  'PUT with If-Match with the advised settings, without keys': {
    others: '502 unknown → unknown, unresolved; delivered 1, executed 1',
    haproxy: 'no answer unknown → unknown, unresolved; delivered 1, executed 1',
    varnish: '503 unknown → unknown, unresolved; delivered 1, executed 1',
  },
  'PUT with If-Match under a key that is honoured': {
    others: 'no answer unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    nginx: '201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    caddy: '502 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    varnish: '503 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    squid: '502 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
  },
  'POST without a body, whose second delivery is refused because of the first, without keys': {
    others: '502 unknown → unknown, unresolved; delivered 1, executed 1',
    haproxy: 'no answer unknown → unknown, unresolved; delivered 1, executed 1',
    apache: 'no answer unknown → unknown, unresolved; delivered 1, executed 1',
    varnish: '422 rejected → unknown, rejected; delivered 2, executed 1',
  },
  'POST without a body with the advised settings, without keys': {
    others: '502 unknown → unknown, unresolved; delivered 1, executed 1',
    haproxy: 'no answer unknown → unknown, unresolved; delivered 1, executed 1',
    varnish: '422 rejected → unknown, rejected; delivered 2, executed 1',
  },
  'POST without a body under a key that is honoured': {
    others: '502 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    haproxy: 'no answer unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    apache: 'no answer unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    caddy: '201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    varnish: '201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
  },
  'POST without a body, under a key that nobody reads': {
    others: '502 unknown → unknown, unresolved; delivered 1, executed 1',
    haproxy: 'no answer unknown → unknown, unresolved; delivered 1, executed 1',
    apache: 'no answer unknown → unknown, unresolved; delivered 1, executed 1',
    caddy: '201 succeeded → executed {"charge":"ch_2"}; delivered 2, executed 2',
    varnish: '201 succeeded → executed {"charge":"ch_2"}; delivered 2, executed 2',
  },
  'POST without a body, under a key that nobody reads, in a header of another name': {
    others: '502 unknown → unknown, unresolved; delivered 1, executed 1',
    haproxy: 'no answer unknown → unknown, unresolved; delivered 1, executed 1',
    apache: 'no answer unknown → unknown, unresolved; delivered 1, executed 1',
    varnish: '201 succeeded → executed {"charge":"ch_2"}; delivered 2, executed 2',
  },
  'POST with the body {}, without keys': {
    others: '502 unknown → unknown, unresolved; delivered 1, executed 1',
    haproxy: 'no answer unknown → unknown, unresolved; delivered 1, executed 1',
    apache: 'no answer unknown → unknown, unresolved; delivered 1, executed 1',
    varnish: '503 unknown → unknown, unresolved; delivered 1, executed 1',
  },
  'any POST, where the settings say that it is sent again, under a key that is honoured': {
    others: '201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
  },
  'any POST, where the settings say that it is sent again, without keys': {
    others: '201 succeeded → executed {"charge":"ch_2"}; delivered 2, executed 2',
  },
  'any POST, where the settings say that it is sent again, and its second delivery is refused': {
    others: '422 rejected → not-executed, rejected; delivered 2, executed 1',
  },
  'any POST, where the settings and the profile say that it is sent again, and the second delivery gets 400':
    {
      others: '400 rejected → unknown, rejected; delivered 2, executed 1',
    },
  'any POST, where the settings and the profile say that it is sent again, and the second delivery gets 404':
    {
      others: '404 rejected → unknown, rejected; delivered 2, executed 1',
    },
  'any POST, where the settings and the profile say that it is sent again, and the second delivery gets 409':
    {
      others: '409 conflict → unknown, conflict; delivered 2, executed 1',
    },
  'any POST, where the settings and the profile say that it is sent again, and the second delivery gets 422':
    {
      others: '422 rejected → unknown, rejected; delivered 2, executed 1',
    },
  'any POST, where the settings say that it is sent again, and the server says that its key was used before':
    {
      others: '409 conflict → unknown, conflict; delivered 2, executed 1',
    },
  'the same where the profile says that it is sent again': {
    others: '409 conflict → unknown, conflict; delivered 2, executed 1',
  },
  'any POST, where the settings and the profile say that it is sent again, and the server executes it twice':
    {
      others: '201 succeeded → executed {"charge":"ch_2"}; delivered 2, executed 2',
    },
  'any POST, where the settings say that it is sent again, its second delivery is refused, and a rule knows':
    {
      others: '422 unknown → unknown, unresolved; delivered 2, executed 1',
    },
  'a page of its own whose file is missing, under a key that is honoured': {
    others: '502 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    nginx: '404 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
  },
  'a page of its own whose file is missing, without keys': {
    others: '502 unknown → unknown, unresolved; delivered 1, executed 1',
    nginx: '404 unknown → unknown, unresolved; delivered 1, executed 1',
  },
  'a page of its own, as a named location, under a key that is honoured': {
    nginx: '405 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
  },
  'a page of its own, as a named location, without keys': {
    nginx: '405 unknown → unknown, unresolved; delivered 1, executed 1',
  },
  'a page of its own under 200, under a key that is honoured': {
    nginx: '200 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
  },
  'a page of its own under 200, without keys': {
    nginx: '200 unknown → unknown, unresolved; delivered 1, executed 1',
  },
  'an answer of its own, with the advised settings, under a key that is honoured': {
    nginx: '502 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
  },
  'an answer of its own, with the advised settings, without keys': {
    nginx: '502 unknown → unknown, unresolved; delivered 1, executed 1',
  },
  'an answer that is larger than the proxy passes on, under a key that is honoured': {
    squid: '403 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
  },
  'an answer that is larger than the proxy passes on, without keys': {
    squid: '403 unknown → unknown, unresolved; delivered 1, executed 1',
  },
  'an answer of a type that the proxy does not pass on, without keys': {
    squid: '403 unknown → unknown, unresolved; delivered 1, executed 1',
  },
  'an answer cut on its way, framing: chunked, under a key that is honoured': {
    others: '201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
  },
  'an answer cut on its way, framing: chunked, without keys': {
    others: '201 succeeded → executed, response-invalid; delivered 1, executed 1',
  },
  'a refusal cut on its way, framing: chunked, without keys': {
    others: '422 unknown → unknown, unresolved; delivered 1, executed 1',
  },
  'an answer cut on its way, framing: length, under a key that is honoured': {
    others: '201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
  },
  'an answer cut on its way, framing: length, without keys': {
    others: '201 succeeded → executed, response-invalid; delivered 1, executed 1',
  },
  'a refusal cut on its way, framing: length, without keys': {
    others: '422 unknown → unknown, unresolved; delivered 1, executed 1',
  },
  'an answer cut on its way, framing: none, under a key that is honoured': {
    others: '201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
  },
  'an answer cut on its way, framing: none, without keys': {
    others: '201 succeeded → executed, response-invalid; delivered 1, executed 1',
  },
  'a refusal cut on its way, framing: none, without keys': {
    others: '422 unknown → unknown, unresolved; delivered 1, executed 1',
  },
  'an answer of which half the head came, under a key that is honoured, where data is wanted': {
    others: '502 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    varnish: '503 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    squid: '201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
  },
  'a poll whose answer "failed" is cut, without keys': {
    others:
      '202 processing, poll 200 inconclusive, poll 200 executed → executed {"charge":"ch_1"}; delivered 1, executed 1',
  },
  'errors in a 200 that is cut, for a verdict hook, without keys': {
    others: '200 unknown → unknown, unresolved; delivered 1, executed 1',
  },
  'polls, without keys': {
    others:
      '202 processing, poll 200 processing, poll 200 executed → executed {"charge":"ch_1"}; delivered 1, executed 1',
    varnish: '202 processing, poll 200 processing → unknown, still-processing; delivered 1, executed 1',
  },
  'polls with the advised settings': {
    others:
      '202 processing, poll 200 processing, poll 200 executed → executed {"charge":"ch_1"}; delivered 1, executed 1',
  },
  'polls through a cache that people set up': {
    others: '202 processing, poll 200 processing → unknown, still-processing; delivered 1, executed 1',
  },
  'not found, for a time, where absence is declared to be proof': {
    others:
      'no answer unknown, query 404 absent, query 200 executed → executed {"charge":"ch_1"}; delivered 1, executed 1',
    varnish: 'no answer unknown, query 404 absent → unknown, unresolved; delivered 1, executed 1',
  },
  'not found, for a time, where absence is declared to be proof, through a cache that people set up': {
    nginx:
      'no answer unknown, query 404 absent, no answer unknown, query 404 absent → not-executed, unresolved; delivered 2, executed 2',
    varnish: 'no answer unknown, query 404 absent → unknown, unresolved; delivered 1, executed 1',
  },
  'not found, for a time, where absence is declared to be proof, through a cache, by questions of which no two are the same':
    {
      others:
        'no answer unknown, query 404 absent, query 200 executed → executed {"charge":"ch_1"}; delivered 1, executed 1',
    },
  'not found, for a time, where absence is declared to be proof, with the advised settings': {
    others:
      'no answer unknown, query 404 absent, query 200 executed → executed {"charge":"ch_1"}; delivered 1, executed 1',
  },
  'not found, for a time, as an application says it that forbids to keep its answer, through a cache': {
    others:
      'no answer unknown, query 404 absent, query 200 executed → executed {"charge":"ch_1"}; delivered 1, executed 1',
  },
  "not found, as the proxy's own page says it in the place of an application that does not answer": {
    others: 'no answer unknown, query 502 inconclusive → unknown, unresolved; delivered 1, executed 1',
    nginx: 'no answer unknown, query 404 inconclusive → unknown, unresolved; delivered 1, executed 1',
  },
  'a 202 whose Location lacks the prefix, under a key that is honoured': {
    others:
      '202 processing, poll 404 inconclusive, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    caddy:
      '202 processing, poll 200 inconclusive, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    varnish: '202 processing, poll 404 inconclusive → unknown, still-processing; delivered 1, executed 1',
  },
  'a 202 whose Location lacks the prefix, without keys': {
    others: '202 processing, poll 404 inconclusive → unknown, still-processing; delivered 1, executed 1',
    caddy: '202 processing, poll 200 inconclusive → unknown, still-processing; delivered 1, executed 1',
  },
  'a 202 whose Location lacks the prefix, without keys, and an application that can be asked': {
    others:
      '202 processing, poll 404 inconclusive, poll 200 executed → executed {"charge":"ch_1"}; delivered 1, executed 1',
    caddy:
      '202 processing, poll 200 inconclusive, poll 200 executed → executed {"charge":"ch_1"}; delivered 1, executed 1',
    varnish: '202 processing, poll 404 inconclusive → unknown, still-processing; delivered 1, executed 1',
  },
  'an answer that is lost behind a prefix': {
    others: '502 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
    varnish: '503 unknown, 201 succeeded → executed {"charge":"ch_1"}; delivered 2, executed 1',
  },
  'a path that no route takes, without keys': {
    others: '404 unknown → unknown, unresolved; delivered 0, executed 0',
    caddy: '200 succeeded → executed undefined; delivered 0, executed 0',
  },
  'a path that no route takes, without keys, where each success has a body and the definition says so': {
    others: '404 unknown → unknown, unresolved; delivered 0, executed 0',
    caddy: '200 unknown → unknown, unresolved; delivered 0, executed 0',
  },
  'a path that no route takes, without keys, with the advised settings': {
    caddy: '404 rejected → not-executed, rejected; delivered 0, executed 0',
  },
}

/** What each step of a scenario with `stillonce/server` was told, and how often it executed. */
export const TOLD_BY_SERVER: Readonly<Record<string, PerProxy<string>>> = {
  'the same twice, raw and quoted, is given again': {
    others: '201 {"order":1}; 201 replayed {"order":1}; 201 replayed {"order":1}; executed 1',
  },
  'another payload under the key is refused': {
    others: '201 {"order":1}; 422 payload-mismatch; executed 1',
  },
  'the same while the first is at work: 409 with Retry-After and a URL that can be asked': {
    others:
      '409 in-progress, Retry-After 1, /orders/by-key/cart-1; 202 {"status":"processing"}; 201 {"order":1}; 200 {"status":"succeeded","result":{"order":1}}; executed 1',
  },
  'behind a prefix that the proxy takes off, with `prefix`': {
    others:
      '409 in-progress, Retry-After 1, /api/orders/by-key/cart-1; 202 {"status":"processing"}; 201 {"order":1}; 200 {"status":"succeeded","result":{"order":1}}; executed 1',
  },
  'behind a prefix that the proxy takes off, without `prefix`': {
    others:
      '409 in-progress, Retry-After 1, /orders/by-key/cart-1; 404 page; 201 {"order":1}; 404 page; executed 1',
    caddy: '409 in-progress, Retry-After 1, /orders/by-key/cart-1; 200; 201 {"order":1}; 200; executed 1',
  },
  'a key that was sealed is refused': {
    others: '200 {"status":"canceled"}; 410 replayed sealed; 200 {"status":"canceled"}; executed 0',
  },
  'an answer that is lost is given again': {
    others: '502 page; 201 replayed {"order":1}; executed 1',
    caddy: '502; 201 replayed {"order":1}; executed 1',
    varnish: '503 page; 201 replayed {"order":1}; executed 1',
  },
  'half of a request executes nothing': {
    others: '201 {"order":1}; executed 1',
  },
  'two keys are none': {
    others: '400 key-invalid; executed 0',
  },
  'a header with an underscore, settings: plain': {
    others: '201 {"order":1}; executed 1',
    nginx: '400 key-missing; executed 0',
  },
  'a header with an underscore, settings: underscores': {
    nginx: '201 {"order":1}; executed 1',
  },
  'a key of 255 characters, and one of 9,000 where the server takes so long ones': {
    others: '201 {"order":1}; 201 {"order":2}; executed 2',
    nginx: '201 {"order":1}; 400 page; executed 1',
    apache: '201 {"order":1}; 400 page; executed 1',
    varnish: '201 {"order":1}; 400; executed 1',
  },
  'a key with a slash, by keyPath, settings: plain': {
    others: 'cancel: not-executed, sealed; batch/7: 410 replayed sealed; 7: 201 {"order":1}; executed 1',
  },
  'a key with a slash, by encodeURIComponent, settings: plain': {
    others: 'cancel: unknown, unresolved; batch/7: 201 replayed {"order":1}; 7: 201 {"order":2}; executed 2',
  },
  'a key with a slash, by keyPath, settings: decoding': {
    others: 'cancel: not-executed, sealed; batch/7: 410 replayed sealed; 7: 201 {"order":1}; executed 1',
  },
  'a key with a slash, by encodeURIComponent, settings: decoding': {
    others: 'cancel: unknown, unresolved; batch/7: 201 replayed {"order":1}; 7: 201 {"order":2}; executed 2',
  },
}

export function toldOf(
  told: PerProxy<string> | undefined,
  proxy: keyof PerProxy<string>,
): string | undefined {
  return told?.[proxy] ?? told?.others
}
