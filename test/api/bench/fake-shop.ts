import { HttpResponse, http } from 'msw'
import type { RequestHandler } from 'msw'

export const SHOP = 'https://shop.test'

/** A server that executes at most once per key, and says what it did; what it sent is in its ledger. */
export type FakeShop = {
  readonly handlers: readonly RequestHandler[]
  /** The carts that were ordered, one entry an execution. */
  readonly ledger: readonly string[]
  /** Method, path and key of every request. */
  readonly seen: readonly string[]
  /** What happens to the next answers after the order has been placed. */
  readonly loseNextAnswers: (count: number) => void
  readonly setToken: (token: string) => void
}

export function fakeShop(): FakeShop {
  const ledger: string[] = []
  const seen: string[] = []
  const answers = new Map<string, { readonly order: number }>()
  let lost = 0
  let token: string | undefined

  const note = (request: Request) => {
    const { pathname } = new URL(request.url)
    seen.push([request.method, pathname, request.headers.get('idempotency-key')].filter(Boolean).join(' '))
  }
  const place = async (request: Request) => {
    const { id } = (await request.json()) as { id: string }
    ledger.push(id)
    return { order: ledger.length }
  }

  const handlers = [
    http.post(`${SHOP}/orders`, async ({ request }) => {
      note(request)
      if (token !== undefined && request.headers.get('authorization') !== `Bearer ${token}`) {
        return HttpResponse.json({ title: 'Token expired' }, { status: 401 })
      }
      const key = request.headers.get('idempotency-key')
      if (key === null) return HttpResponse.json({ title: 'Idempotency-Key is missing' }, { status: 400 })
      const before = answers.get(key)
      const answer = before ?? (await place(request))
      answers.set(key, answer)
      if (lost > 0) {
        lost--
        return HttpResponse.error()
      }
      return HttpResponse.json(answer, {
        status: 201,
        headers: before === undefined ? {} : { 'Idempotent-Replayed': 'true' },
      })
    }),
    http.get(`${SHOP}/orders/by-key/:key`, ({ request, params }) => {
      note(request)
      const answer = answers.get(String(params['key']))
      return answer === undefined
        ? HttpResponse.json({ title: 'No such key' }, { status: 404 })
        : HttpResponse.json(answer)
    }),
  ]

  return {
    handlers,
    ledger,
    seen,
    loseNextAnswers: count => {
      lost = count
    },
    setToken: value => {
      token = value
    },
  }
}
