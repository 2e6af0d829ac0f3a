import { definitionPath } from '../plan.ts'
import type { OperationError } from '../../public/errors.ts'
import { configurationError, withOutcome } from '../../public/errors.ts'
import { headerPairs } from '../../guards/header-pairs.ts'
import { synchronous } from '../../guards/synchronous.ts'
import { isMistake } from '../run/mistakes.ts'
import type { RunFacts } from '../run/run-facts.ts'
import { requested } from './requested.ts'

export const UNSENT =
  'uses `key`, which no request to this server carries: use `id`, or name `header` in the profile if the server keeps it'

/** A placeholder for a key that the server never received and cannot look up. Using it throws an error. */
export function unsentKey(mistake: () => Error): string {
  const refuse = (): never => {
    throw mistake()
  }
  const unusable: unknown = new Proxy(
    {},
    { get: refuse, has: refuse, ownKeys: refuse, getOwnPropertyDescriptor: refuse },
  )
  return unusable as string
}

/** Checks before anything is sent whether the definition's status request uses a key that is never sent. */
export function checkAsk({ plan, identity, outcome }: RunFacts): OperationError | undefined {
  if (plan.status === undefined || plan.carriesKey) return undefined
  const mistake = () => configurationError(`${definitionPath(plan)}.status.request`, UNSENT, outcome)
  try {
    const path = `${definitionPath(plan)}.status.request`
    const key = unsentKey(mistake)
    const given = requested(plan.status, { key, id: identity.id, generation: 1 })
    const { url, headers, json, body } = synchronous(given, path)
    JSON.stringify(json)
    const texts: readonly unknown[] = [url, ...headerPairs(headers, `${path}.headers`).flat()]
    const isKey = (part: unknown) => typeof part === 'object' && !(part instanceof URL)
    return (body as unknown) === key || texts.some(isKey) ? mistake() : undefined
  } catch (error) {
    // Any other error of the callback is reported when it is called to ask.
    return isMistake(error) ? withOutcome(error, outcome) : undefined
  }
}
