import type { Runtime } from '../runtime/runtime.ts'

/** What a server uses of the runtime. */
export type ServerRuntime = Pick<Runtime, 'runnerId' | 'now' | 'after' | 'digest'>
