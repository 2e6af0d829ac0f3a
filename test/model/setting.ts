import type { RunMode } from '../../src/core/run/run-mode.ts'

/** What one walk goes through, and its bounds. */
export type Setting = {
  /** How each runner is called: `resume` goes on with what is stored, `ask` never sends. */
  readonly modes: readonly RunMode[]
  /** The server executes at most once per key. */
  readonly keys: boolean
  /** Whether it can be asked what became of a key; `absence`: and a "not found" is declared to be proof after a while; `url`: only where a 202 says. */
  readonly status: 'none' | 'status' | 'absence' | 'url'
  readonly persist: 'key' | 'request'
  /** The second runner is called with another payload under the same id. */
  readonly payloads: 'same' | 'others'
  /** What the run may spend on retries and asks, all the time. */
  readonly budget: 'full' | 'empty'
  /** So many faults may strike in one history, each at any place. */
  readonly faults: number
  /** A runner that would go beyond one of these stands still from then on, as if its process had died. */
  readonly sends: number
  readonly asks: number
  readonly rests: number
}

export const USUAL: Setting = {
  modes: ['run', 'run'],
  keys: true,
  status: 'none',
  persist: 'key',
  payloads: 'same',
  budget: 'full',
  faults: 1,
  sends: 2,
  asks: 2,
  rests: 2,
}

/** What is walked through where nothing else is asked for: each of what makes a difference. */
export const SETTINGS: readonly Partial<Setting>[] = [
  {},
  { keys: false },
  { keys: false, status: 'status' },
  { status: 'absence' },
  { keys: false, status: 'absence' },
  { persist: 'request' },
  { keys: false, persist: 'request' },
  { modes: ['run', 'resume'], persist: 'request' },
  { modes: ['run', 'ask'], status: 'status' },
  { payloads: 'others' },
  { status: 'url' },
  { keys: false, status: 'url' },
  { keys: false, budget: 'empty', status: 'status' },
]

/** In words, for a report. */
export function boundsOf(setting: Setting): string {
  const { modes, keys, status, persist, payloads, budget, faults, sends, asks, rests } = setting
  const asking = {
    none: '',
    status: ' that can be asked',
    absence: ' whose "not found" proves after a while',
    url: ' whose 202 says where to ask',
  }
  return [
    `${modes.length} runner${modes.length === 1 ? '' : 's'} (${modes.join(', ')})`,
    `a server ${keys ? 'with' : 'without'} keys${asking[status]}`,
    ...(persist === 'request' ? ['stored requests'] : []),
    ...(payloads === 'others' ? ['two payloads'] : []),
    ...(budget === 'empty' ? ['an empty budget'] : []),
    `${faults} fault${faults === 1 ? '' : 's'}`,
    `${sends} sends, ${asks} asks, ${rests} rests a runner`,
  ].join('; ')
}

/*
 * Times, ms. Time stands still but where a move says that it passes, so that few times are told apart: more than a second,
 * the timeout of an attempt, more than a lease, more than the deadline, more than a key's life. All are multiples of 100;
 * what is less is not told apart.
 */
export const NAP_MS = 1_500
export const TIMEOUT_MS = 30_000
export const BEYOND_LEASE_MS = 61_000
export const DEADLINE_MS = 120_000
export const BEYOND_DEADLINE_MS = 125_000
export const RETENTION_MS = 86_400_000
/** Marks the line of what was sent although it had been cancelled. */
export const CANCELLED = '~'
/** Results are kept for less than a lease. */
export const REMEMBER_MS = 50_000
/** A clock that is set back goes back so far. */
export const SET_BACK_MS = 3_600_000
/** A "not found" is proof so long after the attempt, where it is one; an ask comes later than that. */
export const ABSENT_AFTER_MS = 15_000
export const LONG_PAUSE_MS = 18_000
/** Between steps in all other settings: less than is told apart. */
export const SHORT_PAUSE_MS = 1
/** What was begun less than this ago nobody can know of, ms. */
export const JUST_NOW_MS = 1_000
/** When a history begins: wall clock and monotonic clock. */
export const START_AT = 1_700_000_000_000
export const START_MS = 1_000_000_000
