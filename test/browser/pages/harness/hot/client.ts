import { createClient, ietf, memoryStore } from 'stillonce'

/** In a module of its own, which no edit of the others loads again. */
export const client = createClient({
  http: { baseUrl: location.origin },
  store: memoryStore(),
  scope: 'shopper',
  profile: ietf,
})
