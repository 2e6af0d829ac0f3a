/* All of it at module scope, where a worker has no chance, no clock and no network. */
import { env } from 'cloudflare:workers'
import { makeSubject } from './subject.mjs'

const { serve } = makeSubject({ origin: env.ORIGIN })

// oxlint-disable-next-line import/no-default-export -- that is what a worker exports
export default { fetch: serve }

export class Records {
  fetch() {
    return new Response('nothing')
  }
}
