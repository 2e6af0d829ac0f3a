import { configurationError } from '../../public/errors.ts'
import type { SdkRequest } from './sdk-request.ts'

/** Headers by which SDKs say whose request it is: Authorization, X-Goog-Api-Key, Ocp-Apim-Subscription-Key, Private-Token. */
const CREDENTIAL =
  /^(?:authorization|apikey|(?:.*[-_])?(?:(?:access|api|app|auth|client|functions?|private|secret|subscription)[-_]?key|(?:access|auth|bot|private)[-_]?token|assertion|secret))$/

/** Headers by which one credential acts for several accounts: Stripe-Account, Xero-Tenant-Id, OpenAI-Organization. */
const ACCOUNT =
  /^(?:(?:.*[-_])?(?:account|merchant|organi[sz]ation|project|tenant|workspace)(?:[-_]?id)?|stripe-context)$/

/** A service may act for any number of customers: those of so many are compared, of the others the last. */
const MOST_SCOPES = 1_000

/**
 * Keys are kept by account: with another credential the same id would be another operation, or be answered with somebody
 * else's result. Where nothing names the account, only one credential may come. They are compared in memory, and go nowhere.
 */
export class CredentialsSeen {
  readonly #path: string
  readonly #byScope = new Map<string, ReadonlyMap<string, string>>()

  constructor(path: string) {
    this.#path = path
  }

  /** Throws a `configuration` error where a second credential or account comes in one scope. */
  requireOne(scope: string, { headers }: SdkRequest): void {
    const before = this.#byScope.get(scope)
    const now = new Map<string, string>()
    headers.forEach((value, name) => {
      if (CREDENTIAL.test(name) || ACCOUNT.test(name)) now.set(name, value)
    })
    if (before !== undefined) this.#requireSame(before, now)
    this.#byScope.delete(scope)
    this.#byScope.set(scope, new Map([...(before ?? []), ...now]))
    if (this.#byScope.size <= MOST_SCOPES) return
    const oldest = this.#byScope.keys().next()
    if (oldest.done !== true) this.#byScope.delete(oldest.value)
  }

  /** A credential may be missing in a request; a request without an account is for another one, the credential's own. */
  #requireSame(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): void {
    for (const name of new Set([...before.keys(), ...now.keys()])) {
      const isInBoth = before.has(name) && now.has(name)
      if (before.get(name) === now.get(name) || !(isInBoth || ACCOUNT.test(name))) continue
      const came = isInBoth ? `a second value of ${name} came` : `${name} came with some requests only`
      throw configurationError(
        `${this.#path}.account`,
        `is needed: ${came}. Give the name of the account that a request is for; a constant text, where the credential is only renewed`,
      )
    }
  }
}
