import { START_AT, START_MS } from './setting.ts'
import type { Attempt, Circumstances, Reading, Runner, Sent, Server, Todo } from './world.ts'

/* Each part of a world as a text that is the same for equal parts: by hand, because most of a walk's time would go there. */

export function textOfRunner(runner: Runner): string {
  const { calls, state, begun, sight, todo, attempt, writes, keys } = runner
  if (state === undefined) return `${calls} ${writes} ${keys}`
  const { first, proof, hasFailed, hasOtherBytes, sends, asks, rests } = runner
  return `${calls} ${state} ${textOfReading(begun)} ${sight} ${textOfTodo(todo)} ${textOfAttempt(attempt)} ${first} ${proof} ${hasFailed} ${hasOtherBytes} ${sends} ${asks} ${rests} ${writes} ${keys}`
}

export function textOfReading({ nowAt, monotonicMs }: Reading): string {
  return `${nowAt - START_AT}/${monotonicMs - START_MS}`
}

function textOfTodo(todo: Todo | undefined): string {
  if (todo === undefined) return ''
  switch (todo.is) {
    case 'read':
    case 'ask':
      return `${todo.is} ${textOfReading(todo.since)}`
    case 'write':
      return `write ${todo.record} ${textOfReading(todo.since)}`
    case 'slow-read':
      return `slow-read ${todo.stored} ${textOfReading(todo.since)} ${todo.isDue}`
    case 'slow-write':
      return `slow-write ${todo.written} ${textOfReading(todo.since)} ${todo.isDue}`
    case 'slow-ask':
      return `slow-ask ${todo.told} ${textOfReading(todo.since)} ${todo.isDue}`
    case 'offline':
      return `offline ${todo.untilMs}`
    case 'read-back':
      return `read-back ${todo.written}`
    case 'make-key':
    case 'compare-bytes':
    case 'wait':
    case 'rest':
    case 'still':
      return todo.is
    default:
      return todo satisfies never
  }
}

function textOfAttempt(attempt: Attempt | undefined): string {
  if (attempt === undefined) return ''
  const { layer, sends, count, foreign, timedMs, hasFailed } = attempt
  const each = sends.map(({ number, at, written }) => `${number}${at}${written ?? ''}`)
  return `${layer} ${each.join()} ${count} ${foreign} ${timedMs - START_MS} ${hasFailed}`
}

export function textOfServer({ effects, memory, air, firstSent, dropped }: Server): string {
  return [
    effects.map(textOfSent).join(),
    memory.map(one => `${textOfSent(one)}=${one.is}${one.isSaid === true ? '!' : ''}`).join(),
    air.map(one => `${textOfSent(one)}.${one.number}:${one.answer ?? ''}:${one.givenUpAt ?? ''}`).join(),
    firstSent.map(({ key, at, count }) => `${key}@${at}.${count}`).join(),
    dropped.join(),
  ].join(' ')
}

function textOfSent({ key, line, by, at }: Sent): string {
  return `${line}/${key}/${by}@${at}`
}

export function textOfCircumstances({ at, wall, mono, odd }: Circumstances): string {
  return `${at} ${wall.join()} ${mono.join()} ${odd.join()}`
}
