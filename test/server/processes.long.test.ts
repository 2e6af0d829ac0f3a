import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemRuntime } from '../../src/runtime/system-runtime.ts'
import { buildIdempotency } from '../../src/server/idempotency.ts'
import { sqliteStore } from '../../src/entries/sqlite.ts'
import { tempFolder } from '../stores/temp-folder.ts'
import { act, effects } from './ledger.ts'
import type { Step } from './processes.ts'
import { startProcess } from './processes.ts'
import { atKey, told } from './trial-server.ts'

const RACERS = 16
const KEYS = 1_000

test(
  '16 processes that serve the same 1,000 keys: one executes each, and all give its answer',
  { timeout: 120_000 },
  async () => {
    const folder = tempFolder()
    const [path, ledger] = [join(folder, 'keys.db'), join(folder, 'ledger')]
    const racers = Array.from({ length: RACERS }, (_, index) =>
      startProcess('server-racer', path, ledger, String(KEYS), String((index % 4) * 250)),
    )
    for (const racer of racers) expect(await racer.next()).toBe('ready')
    for (const racer of racers) racer.child.send('go')
    const answers = (await Promise.all(racers.map(racer => racer.next()))) as string[][]

    const done = effects(ledger)
    expect(done).toHaveLength(KEYS)
    const expected = new Map(done.map(([key, by]) => [key, `201 ${key} by ${by}`]))
    expect(expected.size).toBe(KEYS)
    const wrong = answers.flatMap(list =>
      list.filter((answer, number) => answer !== expected.get(`key-${number}`)),
    )
    expect(wrong).toEqual([])
    expect(answers.map(({ length }) => length)).toEqual(Array.from({ length: RACERS }, () => KEYS))
    // A race, not a queue.
    expect(new Set(done.map(([, by]) => by)).size).toBeGreaterThan(1)
  },
)

/** The next process, after the lease of the one before has passed: its clock is so much later. */
function nextProcess(path: string, ledger: string, resumable: boolean) {
  const store = sqliteStore(path)
  const runtime = systemRuntime()
  const once = buildIdempotency({ store, scope: 'shop', resumable }, () => ({
    ...runtime,
    now: () => runtime.now() + 31_000,
  }))
  const request = () =>
    new Request('http://shop.example/orders', {
      method: 'POST',
      body: 'tea',
      headers: { 'idempotency-key': 'k1' },
    })
  return {
    once,
    close: () => store.close?.(),
    serve: () =>
      told(
        once.handle(request(), async (_, { deriveKey }) => {
          act(ledger, await deriveKey('order'), 'next')
          return new Response('by the next', { status: 201 })
        }),
      ),
  }
}

async function holdAt(step: Step, resumable: boolean) {
  const folder = tempFolder()
  const [path, ledger] = [join(folder, 'keys.db'), join(folder, 'ledger')]
  const holder = startProcess('holder', path, ledger, step, resumable ? 'resumable' : '')
  expect(await holder.next()).toBe('reached')
  return { path, ledger, holder }
}

describe('the holder of a key is killed', () => {
  test.each<[Step, answer: object, happened: readonly string[]]>([
    ['before the claim', { status: 201, body: 'by the next', replayed: false }, ['next']],
    ['after the claim', { status: 500, code: 'outcome-unknown' }, []],
    ['before the effect', { status: 500, code: 'outcome-unknown' }, []],
    ['after the effect', { status: 500, code: 'outcome-unknown' }, ['holder']],
    ['before the completion', { status: 500, code: 'outcome-unknown' }, ['holder']],
    ['after the completion', { status: 201, body: 'by the holder', replayed: true }, ['holder']],
  ])('%s: never a second execution', async (step, answer, happened) => {
    const { path, ledger, holder } = await holdAt(step, false)
    holder.child.kill('SIGKILL')
    await holder.ended
    const next = nextProcess(path, ledger, false)

    expect(await next.serve()).toMatchObject(answer)
    expect(await next.serve()).toMatchObject({ ...answer, replayed: true })
    expect(effects(ledger).map(([, by]) => by)).toEqual(happened)
    await next.close()
  })

  test.each<[Step, body: string, runs: readonly string[]]>([
    ['before the claim', 'by the next', ['next']],
    ['after the claim', 'by the next', ['next']],
    ['before the effect', 'by the next', ['next']],
    ['after the effect', 'by the next', ['holder', 'next']],
    ['before the completion', 'by the next', ['holder', 'next']],
    ['after the completion', 'by the holder', ['holder']],
  ])('%s, and is resumable: run again, with the same derived key', async (step, body, runs) => {
    const { path, ledger, holder } = await holdAt(step, true)
    holder.child.kill('SIGKILL')
    await holder.ended
    const next = nextProcess(path, ledger, true)

    expect(await next.serve()).toMatchObject({ status: 201, body })
    expect(await next.serve()).toMatchObject({ status: 201, body, replayed: true })
    expect(effects(ledger).map(([, by]) => by)).toEqual(runs)
    expect(new Set(effects(ledger).map(([effect]) => effect)).size).toBe(1)
    await next.close()
  })
})

describe('the holder of a key is frozen, and thaws after a takeover', () => {
  test.each<[Step]>([
    ['after the claim'],
    ['before the effect'],
    ['after the effect'],
    ['before the completion'],
  ])('%s: it is fenced, and there is one completion', async step => {
    const { path, ledger, holder } = await holdAt(step, true)
    holder.child.kill('SIGSTOP')
    const next = nextProcess(path, ledger, true)
    expect(await next.serve()).toMatchObject({ status: 201, body: 'by the next', replayed: false })
    holder.child.kill('SIGCONT')
    holder.child.send('go on')

    expect(await holder.next()).toEqual({ status: 201, body: 'by the next', replayed: true })
    expect(await next.serve()).toMatchObject({ status: 201, body: 'by the next', replayed: true })
    expect(new Set(effects(ledger).map(([effect]) => effect)).size).toBe(1)
    await next.close()
  })

  test.each<[Step]>([['after the claim'], ['before the completion']])(
    '%s, without resumable: nobody takes it over, and its own late word is kept',
    async step => {
      const { path, ledger, holder } = await holdAt(step, false)
      holder.child.kill('SIGSTOP')
      const next = nextProcess(path, ledger, false)
      expect(await next.serve()).toMatchObject({ code: 'outcome-unknown' })
      expect(await told(next.once.status(atKey('k1')))).toMatchObject({ code: 'outcome-unknown' })
      holder.child.kill('SIGCONT')
      holder.child.send('go on')

      expect(await holder.next()).toEqual({ status: 201, body: 'by the holder', replayed: false })
      expect(await next.serve()).toMatchObject({ status: 201, body: 'by the holder', replayed: true })
      expect(effects(ledger).map(([, by]) => by)).toEqual(['holder'])
      await next.close()
    },
  )
})
