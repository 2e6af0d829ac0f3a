import { callOptions, requireFields, requireFlag } from '../guards/option-checks.ts'
import { configurationError } from '../public/errors.ts'
import type { Pause } from './core/pauses.ts'

/** The options of `startWorker`. Durations are in ms. */
export type WorkerOptions = {
  /**
   * Also sends stored requests (`persist: 'request'`) younger than the client's `validFor`. Default true; `false`
   * only asks for their status.
   */
  readonly send?: boolean | undefined
  /** How many operations may be taken up at the same time. Default 16. */
  readonly concurrency?: number | undefined
  /** How many open operations of one scope are looked at before other waiting scopes have their turn. Default 100. */
  readonly batchSize?: number | undefined
  /**
   * The pause between two looks at the store while nothing is due: from `min`, doubled up to `max`. Default 250 and
   * 5,000.
   */
  readonly idle?: { readonly min?: number | undefined; readonly max?: number | undefined } | undefined
  /**
   * The pause before an operation that is still open is taken up again: from `min`, doubled up to `max`. Default
   * 2,000 and 300,000.
   */
  readonly again?: { readonly min?: number | undefined; readonly max?: number | undefined } | undefined
  /** How long a stopping worker waits for the operations it has taken up, before it frees the rest. Default 8,000. */
  readonly shutdownWithin?: number | undefined
  /**
   * The signals that stop the worker. Afterwards the process ends by the signal, as it would without a worker, unless
   * other code listens to the signal. Default `['SIGTERM']`; `[]` for none.
   */
  readonly stopOn?: readonly string[] | undefined
  /**
   * After this long without a successful look at the store, `health()` reports the worker as unhealthy. Default
   * 60,000.
   */
  readonly unhealthyAfter?: number | undefined
}

export type WorkerSettings = {
  readonly send: boolean
  readonly concurrency: number
  readonly batchSize: number
  readonly idle: Pause
  readonly again: Pause
  readonly shutdownWithinMs: number
  readonly stopOn: readonly string[]
  readonly unhealthyAfterMs: number
}

const OPTIONS = [
  'send',
  'concurrency',
  'batchSize',
  'idle',
  'again',
  'shutdownWithin',
  'stopOn',
  'unhealthyAfter',
] as const

const LONGEST_MS = 2 ** 31 - 1

/** Nobody can listen to SIGKILL and SIGSTOP, and a name that is not a signal would never arrive. */
const HEARD: ReadonlySet<string> = new Set([
  'SIGALRM',
  'SIGABRT',
  'SIGBREAK',
  'SIGCONT',
  'SIGHUP',
  'SIGINT',
  'SIGIO',
  'SIGPIPE',
  'SIGPWR',
  'SIGQUIT',
  'SIGTERM',
  'SIGTSTP',
  'SIGURG',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
  'SIGXCPU',
])

/** The options, checked and with their defaults. Throws a `configuration` error that names the wrong option. */
export function resolveWorkerOptions(options: WorkerOptions | undefined): WorkerSettings {
  const given = callOptions(options, OPTIONS, 'startWorker')
  requireFlag(given.send, 'startWorker.send')
  const idle = pause(given.idle, { min: 250, max: 5_000 }, 'startWorker.idle')
  const unhealthyAfterMs = number(given.unhealthyAfter, 60_000, [1, LONGEST_MS], 'startWorker.unhealthyAfter')
  if (unhealthyAfterMs < 2 * idle.max)
    throw configurationError('startWorker.unhealthyAfter', 'must be at least twice `idle.max`')
  return {
    send: given.send ?? true,
    concurrency: number(given.concurrency, 16, [1, 10_000], 'startWorker.concurrency'),
    batchSize: number(given.batchSize, 100, [1, 10_000], 'startWorker.batchSize'),
    idle,
    again: pause(given.again, { min: 2_000, max: 300_000 }, 'startWorker.again'),
    shutdownWithinMs: number(given.shutdownWithin, 8_000, [0, LONGEST_MS], 'startWorker.shutdownWithin'),
    stopOn: signals(given.stopOn),
    unhealthyAfterMs,
  }
}

function pause(given: WorkerOptions['idle'], defaults: Pause, path: string): Pause {
  if (given !== undefined) requireFields(given, ['min', 'max'], path)
  const min = number(
    given?.min,
    Math.min(defaults.min, given?.max ?? defaults.min),
    [1, LONGEST_MS],
    `${path}.min`,
  )
  const max = number(given?.max, Math.max(defaults.max, min), [1, LONGEST_MS], `${path}.max`)
  if (min > max) throw configurationError(`${path}.min`, 'must not be greater than max')
  return { min, max }
}

function number(
  value: unknown,
  fallback: number,
  [least, most]: readonly [number, number],
  path: string,
): number {
  if (value === undefined) return fallback
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most)
    throw configurationError(path, `must be a whole number from ${least} to ${most}`)
  return value
}

function signals(value: unknown): readonly string[] {
  if (value === undefined) return ['SIGTERM']
  const isList = Array.isArray(value) && value.every(name => typeof name === 'string' && HEARD.has(name))
  if (!isList)
    throw configurationError(
      'startWorker.stopOn',
      "must be a list of signals that a process can get, as ['SIGTERM', 'SIGINT']",
    )
  return value.filter((name): name is string => typeof name === 'string')
}
