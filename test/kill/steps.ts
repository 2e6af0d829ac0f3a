/*
 * Every place where a process is killed, in the order of an operation's life. A process stands still at the place,
 * or the server holds its answer there, and then it gets a SIGKILL. What a probe is called:
 *
 *   read, listing            the store is asked: `begun`, `record` (the first one listed), `done`
 *   write-ahead, again,      a record is written: `before` it; `inside` the transaction, its row written; `committed`, but
 *   claim, processing,       not synced; `synced`, but the engine does not know yet. `again` is the write-ahead of a
 *   settle, release          re-send, `claim` takes the operation from a dead process
 *   send, poll, ask, seal    a request: made, but no byte has left (`byte`); its head is `leaving`; it has `arrived` at the
 *                            server, which has done nothing; it is `done` there, and not answered; `head`: of the answer;
 *                            half of the `body` is read; all is `read`
 *   waiting                  between two of them
 *   told                     the caller has the result
 */
type Written = 'before' | 'inside' | 'committed' | 'synced'
type Requested = 'byte' | 'leaving' | 'arrived' | 'done' | 'head' | 'body' | 'read'
export type RequestKind = 'send' | 'poll' | 'ask' | 'seal'
export type WriteKind = 'write-ahead' | 'again' | 'claim' | 'renewal' | 'processing' | 'settle' | 'release'
export type Probe =
  | `read ${'begun' | 'done'}`
  | `listing ${'begun' | 'record'}`
  | `${WriteKind} ${Written}`
  | `${RequestKind} ${Requested}`
  | 'waiting'
  | 'told'

/** What the process does that is killed. The later ones take up what a killed one left. */
export type Doing =
  | 'run'
  | 'run-and-leave'
  | 'run-beside'
  | 'resume'
  | 'settle'
  | 'cancel'
  | 'conclude'
  | 'forget'

/** How the server treats the operation until the first kill; afterwards it does what it is asked. */
export type Treatment =
  | 'executes'
  /** This key is refused for good. */
  | 'declines'
  /** The first request or its answer is lost. */
  | 'loses-one'
  /** Nothing gets an answer that tells. */
  | 'is-down'
  /** 202, and where to ask. */
  | 'takes-long'

/** What a kill leaves behind, for those who take it up. */
export type Left = {
  readonly record: 'nothing' | 'pending' | 'processing' | 'settled'
  readonly executed: 'yes' | 'no' | 'maybe'
}

export type Step = {
  readonly name: string
  readonly doing: Doing
  readonly treatment: Treatment
  readonly probe: Probe
  /** Which time that it is reached, counted in the process that is killed. */
  readonly nth: number
  /** What must be there for it to be reached; undefined: nothing. */
  readonly takesUp: ((left: Left) => boolean) | undefined
  readonly leaves: (before: Left) => Left
}

const WRITTEN: readonly Written[] = ['before', 'inside', 'committed', 'synced']
const REQUESTED: readonly Requested[] = ['byte', 'leaving', 'arrived', 'done', 'head', 'body', 'read']

const NOTHING: Left = { record: 'nothing', executed: 'no' }

/** Whether a request that was killed at this place has been executed. */
function isDone(place: Requested): boolean {
  return place !== 'byte' && place !== 'leaving' && place !== 'arrived'
}

/** Whether a write that was killed at this place is in the file. */
function isThere(place: Written): boolean {
  return place === 'committed' || place === 'synced'
}

type Life = {
  readonly title: string
  readonly doing: Doing
  readonly treatment: Treatment
  readonly takesUp?: (left: Left) => boolean
}

function step(life: Life, probe: Probe, leaves: Step['leaves'], nth = 1): Step {
  const { title, doing, treatment, takesUp } = life
  const time = nth === 1 ? '' : ` (${nth})`
  return { name: `${title}: ${probe}${time}`, doing, treatment, probe, nth, takesUp, leaves }
}

function writes(
  life: Life,
  kind: WriteKind,
  leaves: (before: Left, isWritten: boolean) => Left,
  places = WRITTEN,
): Step[] {
  return places.map(place => step(life, `${kind} ${place}`, before => leaves(before, isThere(place))))
}

function requests(
  life: Life,
  kind: RequestKind,
  leaves: (before: Left, isExecuted: boolean) => Left,
  places = REQUESTED,
  nth = 1,
): Step[] {
  return places.map(place => step(life, `${kind} ${place}`, before => leaves(before, isDone(place)), nth))
}

const asItWas = (before: Left): Left => before
const settledIf = (before: Left, isWritten: boolean): Left =>
  isWritten ? { record: 'settled', executed: 'yes' } : { ...before, executed: 'yes' }
const pending = (executed: Left['executed']) => (): Left => ({ record: 'pending', executed })
const pendingIfSent = (_before: Left, isExecuted: boolean): Left => ({
  record: 'pending',
  executed: isExecuted ? 'yes' : 'no',
})
/** A re-send makes it executed, whatever it was. */
const resent = (before: Left, isExecuted: boolean): Left =>
  isExecuted ? { ...before, executed: 'yes' } : before

const order: Life = { title: 'first run', doing: 'run', treatment: 'executes' }
const declined: Life = { title: 'refused', doing: 'run', treatment: 'declines' }
const retried: Life = { title: 'retried', doing: 'run', treatment: 'loses-one' }
const left: Life = { title: 'aborted', doing: 'run-and-leave', treatment: 'is-down' }
const polled: Life = { title: 'polled', doing: 'run', treatment: 'takes-long' }
const beside: Life = { title: 'beside a live holder', doing: 'run-beside', treatment: 'executes' }

const isPending = ({ record }: Left) => record === 'pending'
const isPendingAndExecuted = ({ record, executed }: Left) => record === 'pending' && executed === 'yes'

const again: Life = { title: 'run again', doing: 'run', treatment: 'executes', takesUp: isPending }
const resumed: Life = { title: 'resumed', doing: 'resume', treatment: 'executes', takesUp: isPending }
const asked: Life = { title: 'asked', doing: 'settle', treatment: 'executes', takesUp: isPendingAndExecuted }
const cancelled: Life = { title: 'cancelled', doing: 'cancel', treatment: 'executes', takesUp: isPending }
const concluded: Life = {
  title: 'concluded',
  doing: 'conclude',
  treatment: 'executes',
  takesUp: isPendingAndExecuted,
}
const forgotten: Life = { title: 'forgotten', doing: 'forget', treatment: 'executes', takesUp: isPending }

/** Nobody takes these up but by the end of the trial: what they leave is not what the others expect. */
const ended = (): Left => ({ record: 'settled', executed: 'maybe' })
const endedIf = (before: Left, isWritten: boolean): Left => (isWritten ? ended() : before)

export const STEPS: readonly Step[] = [
  step(order, 'read begun', () => NOTHING),
  step(order, 'read done', () => NOTHING),
  ...writes(order, 'write-ahead', (_, isWritten) => (isWritten ? pending('no')() : NOTHING)),
  ...requests(order, 'send', pendingIfSent),
  ...writes(order, 'settle', (_, isWritten) => settledIf(pending('yes')(), isWritten)),
  step(order, 'told', () => settledIf(NOTHING, true)),

  ...writes(declined, 'settle', ended, ['before', 'committed', 'synced']),

  step(retried, 'waiting', pending('maybe')),
  ...writes(retried, 'again', pending('maybe'), ['before', 'committed', 'synced']),
  ...requests(
    retried,
    'send',
    (_, isExecuted) => pending(isExecuted ? 'yes' : 'maybe')(),
    ['leaving', 'done'],
    2,
  ),
  // The first one had no answer.
  step(retried, 'send head', pending('yes')),

  ...writes(left, 'release', pending('maybe'), ['before', 'committed', 'synced']),

  ...writes(
    polled,
    'processing',
    (_, isWritten) => ({ record: isWritten ? 'processing' : 'pending', executed: 'yes' }),
    ['before', 'committed', 'synced'],
  ),
  step(polled, 'waiting', () => ({ record: 'processing', executed: 'yes' })),
  ...requests(polled, 'poll', () => ({ record: 'processing', executed: 'yes' })),
  ...writes(polled, 'settle', (_, isWritten) =>
    isWritten ? settledIf(NOTHING, true) : { record: 'processing', executed: 'yes' },
  ),

  // The second read is the first look after a wait for the other.
  step(beside, 'read begun', ended, 2),

  step(again, 'read done', asItWas),
  ...writes(again, 'claim', asItWas),
  ...writes(again, 'again', asItWas, ['before', 'synced']),
  ...requests(again, 'send', resent, ['leaving', 'done', 'read']),
  ...writes(again, 'settle', settledIf, ['before', 'synced']),

  step(resumed, 'listing begun', asItWas),
  step(resumed, 'listing record', asItWas),
  ...writes(resumed, 'claim', asItWas, ['before', 'synced']),
  ...requests(resumed, 'send', resent, ['leaving', 'done', 'head']),
  ...writes(resumed, 'settle', settledIf, ['before', 'committed']),

  ...writes(asked, 'claim', asItWas, ['synced']),
  ...requests(asked, 'ask', asItWas, ['byte', 'leaving', 'arrived', 'head', 'read']),
  ...writes(asked, 'settle', settledIf, ['before', 'synced']),

  // A seal changes what the server does with the key: nobody else goes on with it.
  ...requests(cancelled, 'seal', ended, ['byte', 'leaving', 'arrived', 'done', 'read']),
  ...writes(cancelled, 'settle', ended, ['before', 'committed', 'synced']),

  ...writes(concluded, 'settle', settledIf, ['before', 'synced']),
  ...writes(forgotten, 'settle', endedIf, ['before', 'synced']),
]
