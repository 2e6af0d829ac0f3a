/* All of it at module scope, where a worker has no chance, no clock and no network; and once more in a Durable Object. */
import { DurableObject, env } from 'cloudflare:workers'
import { durableObjectStore } from './durable-object-store.mjs'
import { makeSubject } from './subject.mjs'

const { serve } = makeSubject({ origin: env.ORIGIN })

// oxlint-disable-next-line import/no-default-export -- that is what a worker exports
export default {
  async fetch(request, bindings) {
    if (request.method !== 'POST') return serve(request)
    const body = await request.text()
    // oxlint-disable-next-line unicorn/no-invalid-fetch-options -- it is a POST
    const again = new Request(request, { body })
    if (!body.includes('"store":"object"')) return serve(again)
    return bindings.RECORDS.get(bindings.RECORDS.idFromName('payments')).fetch(again)
  },
}

export class Records extends DurableObject {
  constructor(context, bindings) {
    super(context, bindings)
    const store = durableObjectStore(context.storage)
    this.subject = makeSubject({
      origin: bindings.ORIGIN,
      stores: { object: store },
      contracts: { object: { open: () => durableObjectStore(context.storage), shared: true } },
    })
  }

  fetch(request) {
    return this.subject.serve(request)
  }
}
