import type { ServerAnswer } from './answer/answer.ts'
import type { KeyNotice } from './events.ts'
import type { Execution } from './execution.ts'
import type { KeyStore } from './keys/key-store.ts'
import type { OpenBounds } from './keys/open-bounds.ts'
import type { ServerSettings } from './options.ts'
import type { Incoming } from './request/incoming.ts'
import type { ServerRuntime } from './server-runtime.ts'

/**
 * Everything that serving one request needs. A class, and so are the other values that live while the store works. V8
 * makes the objects of a literal in its old generation if the first of them survive, and then each keeps all that it
 * leads to out of the quick collections (docs/speed.md).
 */
export class Service {
  /** The work that must not happen twice. */
  readonly run: (execution: Execution) => ServerAnswer | Promise<ServerAnswer>
  /** The argument of `completeWithin`, as an answer. Throws if it cannot be an answer. */
  readonly completionOf: (given: unknown) => ServerAnswer
  /** The key's own URL. */
  readonly location: () => string | undefined
  readonly incoming: Incoming
  /** The result of `parse`. */
  readonly input: unknown
  readonly resumable: boolean
  readonly rethrow: boolean | undefined
  readonly settings: ServerSettings
  readonly runtime: ServerRuntime
  readonly store: KeyStore
  /** Distinguishes this request's writes from all other writes. */
  readonly owner: string
  /**
   * What wakes the requests of this process that wait at a place. Nothing is added for a run: a Map into which much is
   * put and from which it is removed again leaves a chain of old tables, which V8's quick collections do not free.
   */
  readonly waiting: Map<string, Set<() => void>>
  readonly bounds: OpenBounds
  /** `beganAt` is given for events that a run of the handler ended with. */
  readonly notify: (type: KeyNotice['type'], beganAt?: number) => void
  /** Never throws. */
  readonly onError: (error: unknown) => void
  /** Calls `onEnd` at the end of the work, however it ends. */
  readonly keepAlive: (work: Promise<unknown>, onEnd?: () => void) => void

  constructor(service: Service) {
    this.run = service.run
    this.completionOf = service.completionOf
    this.location = service.location
    this.incoming = service.incoming
    this.input = service.input
    this.resumable = service.resumable
    this.rethrow = service.rethrow
    this.settings = service.settings
    this.runtime = service.runtime
    this.store = service.store
    this.owner = service.owner
    this.waiting = service.waiting
    this.bounds = service.bounds
    this.notify = service.notify
    this.onError = service.onError
    this.keepAlive = service.keepAlive
  }
}
