import { configurationError } from '../../public/errors.ts'
import type { SdkRequest } from './sdk-request.ts'

/** Headers by which SDKs say whose request it is. */
const CREDENTIALS = ['authorization', 'x-api-key', 'api-key']

/** A service may act for any number of customers: those of so many are compared, of the others the last. */
const MOST_SCOPES = 1_000

/**
 * Keys are kept by account: with another credential the same id would be another operation, or be answered with somebody
 * else's result. Where nothing names the account, only one credential may come. They are compared in memory, and go nowhere.
 */
export class CredentialsSeen {
  readonly #path: string
  readonly #byScope = new Map<string, readonly (string | null)[]>()

  constructor(path: string) {
    this.#path = path
  }

  /** Throws a `configuration` error where a second credential comes in one scope. */
  requireOne(scope: string, { headers }: SdkRequest): void {
    const seen = this.#byScope.get(scope)
    const now = CREDENTIALS.map((name, index) => headers.get(name) ?? seen?.[index] ?? null)
    const other = CREDENTIALS.find((_name, index) => (seen?.[index] ?? now[index]) !== now[index])
    if (other !== undefined)
      throw configurationError(
        `${this.#path}.account`,
        `is needed: a second value of ${other} came. Give the name of the account that a request is for; a constant text, where the credential is only renewed`,
      )
    this.#byScope.delete(scope)
    this.#byScope.set(scope, now)
    if (this.#byScope.size <= MOST_SCOPES) return
    const oldest = this.#byScope.keys().next()
    if (oldest.done !== true) this.#byScope.delete(oldest.value)
  }
}
