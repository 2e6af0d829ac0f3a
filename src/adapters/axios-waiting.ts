import { axiosError } from './axios-answer.ts'
import { within } from './waiting.ts'

/** The options that end axios' waiting. */
export type AxiosWaiting = {
  readonly signal?: unknown
  readonly cancelToken?: unknown
  readonly timeout?: number | undefined
  readonly timeoutErrorMessage?: string | undefined
  readonly transitional?: { readonly clarifyTimeoutError?: boolean | undefined } | undefined
}

export function axiosSignal({ timeout, signal, cancelToken }: AxiosWaiting): AbortSignal | undefined {
  return within(timeout, signal, tokenSignal(cancelToken))
}

/** One signal for each token: a token may serve any number of calls, and never be cancelled. */
const signals = /* #__PURE__ */ new WeakMap<object, AbortSignal>()

/** axios itself rejects with the reason that a token was cancelled with. */
function tokenSignal(token: unknown): AbortSignal | undefined {
  if (typeof token !== 'object' || token === null || !('promise' in token)) return undefined
  const known = signals.get(token)
  if (known !== undefined) return known
  const controller = new AbortController()
  void (token.promise as PromiseLike<unknown>).then(reason => controller.abort(reason))
  signals.set(token, controller.signal)
  return controller.signal
}

/** Throws the error of axios' own adapters if `timeout` is over, and any other error as it is. */
export function timeoutAsAxios(error: unknown, config: AxiosWaiting): never {
  if (!(error instanceof Error && error.name === 'TimeoutError')) throw error
  const { timeout, timeoutErrorMessage, transitional } = config
  const code = transitional?.clarifyTimeoutError === true ? 'ETIMEDOUT' : 'ECONNABORTED'
  throw axiosError(timeoutErrorMessage ?? `timeout of ${timeout}ms exceeded`, { code, config })
}
