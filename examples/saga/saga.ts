import type { Operation } from 'stillonce'

/** A step of a saga: what it does, and what undoes that. Both are ordinary operations, whose ids derive from the saga's id. */
export type Step<Input> = {
  readonly name: string
  readonly act: Operation<Input>
  readonly undo: Operation<Input>
}

export type SagaEnd =
  /** Every step is executed. */
  | { readonly kind: 'done' }
  /** One was refused; those before it are undone. */
  | { readonly kind: 'undone'; readonly because: string }
  /** Of this step nobody knows yet: call again. Nothing is undone for it. */
  | { readonly kind: 'waiting'; readonly step: string }

/**
 * Goes through the steps, or takes a saga up where it was left: call it again after a crash, and for as long as it is
 * `waiting`. It keeps nothing itself, for the operations' records say how far it came:
 *
 *   executed      its result is given again, and the next step follows
 *   refused       proven and stored: from then on the saga only goes back, for the step is never begun again
 *   anything else unknown, and taken for nothing else: the saga waits there
 *
 * One process runs a saga at a time: a job of a queue, or `once.run` of stillonce/server around it.
 */
export async function runSaga<Input>(steps: readonly Step<Input>[], input: Input): Promise<SagaEnd> {
  for (const [index, { name, act }] of steps.entries()) {
    if (await isRefused(act, input)) return goBack(steps.slice(0, index), input, name)
    const { outcome } = await act.start(input).settled
    if (outcome === 'executed') continue
    // Only what is stored as refused is the same after a crash. The rest, as a server out of reach, may go on later.
    return (await isRefused(act, input))
      ? goBack(steps.slice(0, index), input, name)
      : { kind: 'waiting', step: name }
  }
  return { kind: 'done' }
}

async function isRefused<Input>(act: Operation<Input>, input: Input): Promise<boolean> {
  return (await act.inspect(input))?.state === 'failed'
}

/** All of these are executed: what is not known is not gone past. */
async function goBack<Input>(done: readonly Step<Input>[], input: Input, because: string): Promise<SagaEnd> {
  for (const { name, undo } of done.toReversed()) {
    const { outcome } = await undo.start(input).settled
    if (outcome !== 'executed') return { kind: 'waiting', step: `undo ${name}` }
  }
  return { kind: 'undone', because }
}
