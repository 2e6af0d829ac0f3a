import type { Execution } from '../../src/server/execution.ts'
import type { Effect } from './server-side.ts'
import { resultOf } from './server-side.ts'
import type { HandlerEnd, ServersPlan } from './servers-plan.ts'
import type { SimProcess } from './sim-process.ts'

/** An error of the handler's after which its transaction was rolled back; the server is told by `nothingHappened`. */
export class RolledBack extends Error {}

/** What an app throws for its own error handling, before any effect. */
export class ClientError extends Error {
  readonly status = 409
  /** The server is told for the whole app that such an error means that nothing happened. */
  readonly isDeclared: boolean

  constructor(isDeclared: boolean) {
    super('the cart is empty')
    this.isDeclared = isDeclared
  }
}

/** Refused by the ledger: a newer holder of the key has written there. */
class Fenced extends Error {}

/** The database in which effects are counted, and that lasts longer than the server's processes. */
export class Ledger {
  readonly effects: Effect[] = []
  readonly #fences = new Map<string, number>()
  readonly #derived = new Map<string, Effect>()

  find(key: string): Effect | undefined {
    return this.effects.find(effect => effect.key === key)
  }

  write(effect: Omit<Effect, 'id'>): Effect {
    const written = { ...effect, id: this.effects.length + 1 }
    this.effects.push(written)
    return written
  }

  /** One transaction: refuses an older holder, and gives what an earlier run has done. */
  writeFenced(effect: Omit<Effect, 'id'>, execution: Pick<Execution, 'fence' | 'resumed'>): Effect {
    const { key } = effect
    const fence = this.#fences.get(key) ?? 0
    if (execution.fence < fence) throw new Fenced(`${execution.fence} after ${fence}`)
    this.#fences.set(key, execution.fence)
    return (execution.resumed ? this.find(key) : undefined) ?? this.write(effect)
  }

  /** Another service, which honours keys. */
  writeDerived(effect: Omit<Effect, 'id'>, derived: string): Effect {
    const written = this.#derived.get(derived) ?? this.write(effect)
    this.#derived.set(derived, written)
    return written
  }
}

export type RunInit = {
  readonly ledger: Ledger
  readonly process: SimProcess
  readonly resumable: ServersPlan['resumable']
  readonly NotExecuted: new (message?: string) => Error
  readonly end: HandlerEnd
  readonly takesMs: number
  readonly hangsMs: number
  readonly now: () => number
  readonly note: (what: string) => void
}

/** One run of the handler, as a user would write one, and what may become of it. */
export async function runHandler(request: Request, execution: Execution, init: RunInit): Promise<Response> {
  const { ledger, process, resumable, NotExecuted, end } = init
  const { op, item } = (await request.json()) as { op: string; item: string }
  const key = execution.key ?? ''
  const pause = (ms: number) => new Promise<void>(resolve => void process.runtime.after(ms, resolve))
  const derived = resumable === 'by a derived key' ? await execution.deriveKey('order') : ''
  await pause(init.takesMs)
  if (end === 'throws NotExecuted') throw new NotExecuted('the warehouse is closed')
  if (end === 'rolls back') throw new RolledBack('serialization failure')
  if (end === 'throws 4xx before') throw new ClientError(false)
  if (end === 'throws declared 4xx') throw new ClientError(true)
  if (end === 'throws before') throw new Error('it broke before its effect')
  if (end === 'answers 500 before') return new Response('{}', { status: 500 })
  if (end === 'hangs before') await pause(init.hangsMs)
  // What an earlier run did is not declined any more.
  const earlier = execution.resumed ? ledger.find(key) : undefined
  if (end === 'declines' && earlier === undefined) return Response.json({ code: 'declined' }, { status: 402 })
  const written = (fresh: Omit<Effect, 'id'>) => {
    if (resumable === 'no') return ledger.write(fresh)
    return resumable === 'by the fence'
      ? ledger.writeFenced(fresh, execution)
      : ledger.writeDerived(fresh, derived)
  }
  const effect = await process.call<Effect>('the effect', (resolve, reject) => {
    const fetchId = Number(request.headers.get('x-fetch'))
    const fresh = { at: init.now(), key, op, item, fetchId }
    const count = ledger.effects.length
    try {
      const done = written(fresh)
      if (ledger.effects.length > count) init.note(`EFFECT ${done.id} of ${op} (${item}) under ${key}`)
      resolve(done)
    } catch (error) {
      init.note(`the ledger refuses a late effect under ${key}`)
      reject(error)
    }
  })
  if (end === 'throws after') throw new Error('it broke after its effect')
  if (end === 'answers 500 after') return new Response('{}', { status: 500 })
  if (end === 'hangs after') await pause(init.hangsMs)
  return Response.json(resultOf(effect), { status: 201 })
}
