import { definitionPath } from '../plan.ts'
import { keyFault } from '../../core/names/key-grammar.ts'
import type { RunEvent } from '../../core/run/run-events.ts'
import { hearThrown, synchronous } from '../../guards/synchronous.ts'
import { configurationError, isOperationError } from '../../public/errors.ts'
import { whenKnown } from '../../runtime/when-known.ts'
import type { KeyContext } from '../plan.ts'
import { requestToStore } from '../request/stored-payload.ts'
import type { RunFacts } from './run-facts.ts'

/* Makes the key of a generation, and the bytes to send with it. */

/** The run that gets the key. */
interface Keyed extends RunFacts {
  post(event: RunEvent): void
}

export function makeKey(x: Keyed, generation: number): void | Promise<void> {
  return keyed(x, keyOfGeneration(x, generation))
}

/** Makes a key that the profile's servers accept, or throws a `configuration` error. */
export function keyOfGeneration(
  { plan, identity, engine }: Pick<RunFacts, 'plan' | 'identity' | 'engine'>,
  generation: number,
): string {
  const { scope, name, id } = identity
  const key =
    plan.makeKey === undefined
      ? engine.runtime.createKey()
      : ownKey(plan.makeKey, { scope, name, id, generation }, `${definitionPath(plan)}.key`)
  const fault = keyFault(key, plan.settings.profile.key)
  if (fault !== undefined) throw configurationError(`${definitionPath(plan)}.key`, fault)
  return key
}

function ownKey(key: (about: KeyContext) => string, about: KeyContext, path: string): string {
  let made: string
  try {
    made = key(about)
  } catch (error) {
    if (isOperationError(error)) throw error
    hearThrown(error)
    throw Object.assign(configurationError(path, 'threw'), { cause: error })
  }
  return synchronous(made, path)
}

function keyed(x: Keyed, key: string): void | Promise<void> {
  const { plan, engine, payload } = x
  if (payload === undefined) throw new Error('who begins an operation has its request')
  return whenKnown(payload.bytes(key), bytes => {
    const keeps = plan.persist === 'request' && engine.transport.addsQuery !== true
    const request = keeps ? requestToStore(plan, payload, bytes) : undefined
    x.post({ type: 'keyed', key, bodyHash: bytes.hash, target: bytes.target, request })
  })
}

/** Computes the hash of the bytes that would be sent with a key that was used before. */
export function hashBytes(x: Keyed, key: string): void | Promise<void> {
  const { payload } = x
  if (payload === undefined) throw new Error('who compares bytes has its request')
  return whenKnown(payload.bytes(key), ({ hash }) => x.post({ type: 'compared', bodyHash: hash }))
}
