import type { Cart } from './cart.ts'

declare const PAYMENTS_URL: string

/** A timeout, four tries, longer and longer pauses. */
export async function payByPlainFetch(cart: Cart): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    const patience = new AbortController()
    const timer = setTimeout(() => patience.abort(), 2_500)
    try {
      const response = await fetch(`${PAYMENTS_URL}plain/payments`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(cart),
        signal: patience.signal,
      })
      if (response.status < 500 || attempt === 4) return response
    } catch (error) {
      if (attempt === 4) throw error
    } finally {
      clearTimeout(timer)
    }
    await new Promise(resolve => setTimeout(resolve, 250 * 2 ** attempt))
  }
}
