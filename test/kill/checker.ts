import type { Order } from './shop.ts'
import { numberOf } from './shop.ts'
import type { Word } from './worker.ts'

export type Violation = {
  /** `astray`: a process ended without coming to the step at which it was to be killed. */
  readonly kind: 'lost' | 'doubled' | 'stuck' | 'untrue' | 'astray'
  readonly what: string
}

/** What the store holds of an operation. */
export type StoredState = { readonly state: string; readonly key: string } | undefined

/**
 * Holds one operation, at its end, to the promises. It was wanted, and run until it was executed, so in the end it
 * is executed: once, unless it was forgotten on purpose in between.
 */
export function judge(
  id: string,
  order: Order,
  words: readonly Word[],
  stored: StoredState,
  wasForgotten: boolean,
): Violation[] {
  return [
    ...order.faults.map(what => ({ kind: 'lost' as const, what })),
    ...ofEffects(order, wasForgotten),
    ...ofKeys(order, wasForgotten),
    ...words.flatMap(word => ofWord(id, order, word)),
    ...ofEnd(order, words, stored),
  ]
}

function ofEffects(order: Order, wasForgotten: boolean): Violation[] {
  const effects = [...order.effects.values()].reduce((sum, count) => sum + count, 0)
  if (effects === 0) return [{ kind: 'lost', what: 'it was never executed' }]
  if (effects > (wasForgotten ? 2 : 1)) return [{ kind: 'doubled', what: `it was executed ${effects} times` }]
  return []
}

/** A key is given up only when the server refused it for good, or the operation was forgotten. */
function ofKeys(order: Order, wasForgotten: boolean): Violation[] {
  const violations: Violation[] = []
  for (const [index, key] of order.sent.entries()) {
    const before = order.sent[index - 1]
    if (before === undefined || before === key || order.refused.has(before)) continue
    if (!wasForgotten) violations.push({ kind: 'doubled', what: `key ${before} was left for ${key}` })
  }
  return violations
}

function ofWord(id: string, order: Order, { call, outcome, code, key, order: told }: Word): Violation[] {
  const said = `${call} said ${outcome} (${code ?? 'no code'})`
  switch (outcome) {
    case 'executed':
      if (order.effects.size === 0) return [{ kind: 'untrue', what: `${said}, and nothing was executed` }]
      if (call !== 'resume' && told !== numberOf(id))
        return [{ kind: 'untrue', what: `${said}, with the result ${JSON.stringify(told)}` }]
      return []
    case 'not-executed':
      return key !== undefined && order.effects.has(key)
        ? [{ kind: 'untrue', what: `${said}, and ${key} was executed` }]
        : []
    case 'skipped':
      return [{ kind: 'stuck', what: 'a resume skipped it, though nobody was working on it' }]
    default:
      return []
  }
}

function ofEnd(order: Order, words: readonly Word[], stored: StoredState): Violation[] {
  const last = words.at(-1)
  if (last?.outcome !== 'executed')
    return [{ kind: 'stuck', what: `the last word is ${JSON.stringify(last ?? 'none')}` }]
  if (stored?.state !== 'succeeded')
    return [{ kind: 'stuck', what: `its record is ${stored?.state ?? 'gone'}` }]
  if (!order.effects.has(stored.key))
    return [{ kind: 'untrue', what: `its record has the key ${stored.key}, which was never executed` }]
  return []
}
