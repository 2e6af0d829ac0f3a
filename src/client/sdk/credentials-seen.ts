import { configurationError } from '../../public/errors.ts'
import type { SdkRequest } from './sdk-request.ts'

/**
 * Credential headers of SDKs: Authorization, X-Goog-Api-Key, X-RapidAPI-Key, Ocp-Apim-Subscription-Key, Private-Token,
 * X-Postmark-Server-Token. A token of one request (X-CSRF-Token, X-Client-Token, X-Continuation-Token) is none.
 */
const CREDENTIAL =
  /^(?:(?:x-(?:.*-)?)?(?:authorization|authentication)|(?:x-)?token|.*api[-_]?key|(?:.*[-_])?(?:(?:access|admin|app|auth|client|functions?|license|master|private|secret|subscription)[-_]?key|(?:access|account|admin|api|app|auth|bot|private|server|service|session|user|vault)[-_]?token|assertion|secret))$/

/** Headers with which one credential acts for several accounts: Stripe-Account, Xero-Tenant-Id, X-Team-Id. */
const ACCOUNT =
  /^(?:(?:.*[-_])?(?:account|business|company|merchant|organi[sz]ation|project|realm|shop|store|team|tenant|workspace)(?:[-_]?id)?|stripe-context)$/

/** How many scopes are remembered, the most recently used ones: a service may act for any number of customers. */
const MOST_SCOPES = 1_000

/**
 * Makes sure that only one credential is used if nothing names the account. Keys belong to an account: with another
 * credential, the same id would be another operation, or would get somebody else's result. Credentials are compared in
 * memory and go nowhere.
 */
export class CredentialsSeen {
  readonly #path: string
  readonly #byScope = new Map<string, ReadonlyMap<string, string>>()

  constructor(path: string) {
    this.#path = path
  }

  /** Throws a `configuration` error if a second credential or account appears in one scope. */
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

  /**
   * A request may lack a credential. A request without an account header is for another account: the credential's own.
   */
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
