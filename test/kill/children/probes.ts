import { channel } from 'node:diagnostics_channel'
import fs, { writeSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { StatementSync } from 'node:sqlite'
import type { RecordStore } from '../../../src/entries/core.ts'
import { kindOf } from '../shop.ts'
import type { Probe, WriteKind } from '../steps.ts'

/** Where this process is to stand still, for the operation with this id. */
type Armed = { readonly id: string; readonly probe: Probe; nth: number }

let trap: Armed | undefined

export function arm(next: Armed | undefined): void {
  trap = next
}

export function armed(): Probe | undefined {
  return trap?.probe
}

let stands: 'for good' | 'until SIGCONT' = 'for good'

export function stopInsteadOfWaiting(): void {
  stands = 'until SIGCONT'
}

/** Stands still where this place was armed: no timer, no callback, no write goes on. */
export function reach(probe: Probe, id: string): void {
  if (trap === undefined || trap.probe !== probe || trap.id !== id) return
  trap.nth -= 1
  if (trap.nth > 0) return
  trap = undefined
  writeSync(1, 'reached\n')
  const cell = new Int32Array(new SharedArrayBuffer(4))
  if (stands === 'for good') Atomics.wait(cell, 0, 0)
  process.kill(process.pid, 'SIGSTOP')
  // Another thread may be the one that takes the signal.
  Atomics.wait(cell, 0, 0, 50)
}

/** The part of a record that tells what a write does. */
type Seen = {
  readonly id: string
  readonly key: string
  readonly state: string
  readonly attempts: number
  readonly lease?: { readonly runner: string }
}

/** Writes that are under way, by the operation's id. */
const writing = new Map<string, { readonly kind: WriteKind; hasRow: boolean }>()

export function probedStore(store: RecordStore): RecordStore {
  const last = new Map<string, Seen>()
  return {
    ...store,
    get: async place => {
      reach('read begun', idIn(place))
      const found = await store.get(place)
      if (found !== undefined) last.set(place, JSON.parse(found.value) as Seen)
      reach('read done', idIn(place))
      return found
    },
    set: async (place, value, options) => {
      const next = JSON.parse(value) as Seen
      const kind = writeKind(last.get(place), next)
      reach(`${kind} before`, next.id)
      writing.set(next.id, { kind, hasRow: false })
      const version = await store.set(place, value, options)
      writing.delete(next.id)
      if (version === undefined) return undefined
      last.set(place, next)
      reach(`${kind} synced`, next.id)
      return version
    },
    async *listOpen(prefix) {
      reach('listing begun', trap?.id ?? '')
      for await (const record of store.listOpen(prefix)) {
        last.set(record.key, JSON.parse(record.value) as Seen)
        reach('listing record', idIn(record.key))
        yield record
      }
    },
  }
}

function writeKind(previous: Seen | undefined, next: Seen): WriteKind {
  if (next.state === 'succeeded' || next.state === 'failed') return 'settle'
  if (next.lease === undefined) return 'release'
  if (previous === undefined || previous.key !== next.key) return 'write-ahead'
  if (next.attempts > previous.attempts) return 'again'
  if (previous.state !== next.state) return 'processing'
  return previous.lease?.runner === next.lease.runner ? 'renewal' : 'claim'
}

/** `so1/user-7/place-order/%22order-00001%22` */
function idIn(place: string): string {
  return /(?:order|aside)-[\d-]+/.exec(place)?.[0] ?? ''
}

/** Inside a transaction, after the row of a write; and after the commit, before the sync that acknowledges it. */
export function watchSqlite(): void {
  const prototype = StatementSync.prototype as { run: Run }
  const run: Run = prototype.run
  prototype.run = function probedRun(...values) {
    const result = run.apply(this, values)
    const write = trap && writing.get(trap.id)
    if (trap && write && result.changes === 1 && values.some(value => isRecordOf(value, trap?.id))) {
      write.hasRow = true
      reach(`${write.kind} inside`, trap.id)
    }
    return result
  }

  const { fdatasync } = fs
  fs.fdatasync = Object.assign((descriptor: number, done: fs.NoParamCallback) => {
    const write = trap && writing.get(trap.id)
    if (trap && write?.hasRow === true) reach(`${write.kind} committed`, trap.id)
    fdatasync(descriptor, done)
  }, fdatasync)
  syncBuiltinESMExports()
}

/** A disk that dies: after so many syncs every other one fails. */
export function refuseSyncs(syncsBefore: number): void {
  let left = syncsBefore
  const { fdatasync } = fs
  fs.fdatasync = Object.assign((descriptor: number, done: fs.NoParamCallback) => {
    left -= 1
    if (left >= 0) fdatasync(descriptor, done)
    else setImmediate(done, Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }))
  }, fdatasync)
  syncBuiltinESMExports()
}

type Run = (this: unknown, ...values: unknown[]) => { readonly changes: number | bigint }

function isRecordOf(value: unknown, id: string | undefined): boolean {
  return typeof value === 'string' && value.startsWith('{') && value.includes(`"id":"${id}"`)
}

/** What undici tells of a request, in the turn in which it happens. */
export function watchFetch(): void {
  const places = [
    ['undici:request:create', 'byte'],
    ['undici:client:sendHeaders', 'leaving'],
    ['undici:request:headers', 'head'],
    ['undici:request:bodyChunkReceived', 'body'],
    ['undici:request:trailers', 'read'],
  ] as const
  for (const [name, place] of places) {
    channel(name).subscribe(message => {
      const { request } = message as { readonly request: { readonly method: string; readonly path: string } }
      const [, where = '', id = ''] = request.path.split('/')
      reach(`${kindOf(request.method, where)} ${place}`, id)
    })
  }
}
