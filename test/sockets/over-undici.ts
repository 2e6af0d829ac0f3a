/*
 * undici 8 replaces the dispatcher of Node's own fetch when it is loaded, unless it finds one under its own name, where
 * Node 22 has none. These tests compare the two in one process, so Node's stays.
 */
void globalThis.Headers
const own: unknown = Reflect.get(globalThis, Symbol.for('undici.globalDispatcher.1'))
Object.defineProperty(globalThis, Symbol.for('undici.globalDispatcher.2'), { value: own, writable: true })

export const { Agent, MockAgent, RetryAgent } = await import('undici')
export const { undiciFetch } = await import('../../src/entries/undici.ts')
