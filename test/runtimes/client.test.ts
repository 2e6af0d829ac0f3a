import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RUNTIMES, startRuntime, type RunningRuntime } from './harness/runtimes.ts'
import { scriptedServer, type Meets, type ScriptedServer } from './harness/scripted-server.ts'

/*
 * The packed package, made at module scope, on a server that counts on its sockets. What is told is what happened: never
 * "not executed" of what was.
 */

type Case = {
  readonly meets: readonly Meets[]
  readonly given?: object
  /** [how each call ended, deliveries, executions], where the server honours keys, and where it does not. */
  readonly ietf: Expected
  readonly noKeys: Expected
  /** Of Deno, which sends again by itself over a connection that it reuses. */
  readonly noKeysInDeno?: Expected
}
type Expected = readonly [ends: readonly string[], deliveries: number, executed: number]

const IF_MATCH = { headers: { 'if-match': '"1"' } }

const CASES: Readonly<Record<string, Case>> = {
  'pressed twice': {
    meets: ['answer'],
    given: { count: 2 },
    ietf: [['executed {"id":1}', 'executed {"id":1}'], 1, 1],
    noKeys: [['executed {"id":1}', 'executed {"id":1}'], 1, 1],
  },
  'whose answer is lost on a fresh connection': {
    meets: ['rst', 'answer'],
    ietf: [['executed {"id":1} replayed'], 2, 1],
    noKeys: [['unknown unresolved'], 1, 1],
  },
  'whose answer is lost on a reused connection': {
    meets: ['fin', 'answer'],
    given: { warm: true },
    ietf: [['executed {"id":1} replayed'], 2, 1],
    noKeys: [['unknown unresolved'], 1, 1],
    // One send, two executions: no client can prevent that without keys.
    noKeysInDeno: [['executed {"id":2}'], 2, 2],
  },
  'whose answer is cut': {
    meets: ['cut', 'answer'],
    ietf: [['executed {"id":1} replayed'], 2, 1],
    noKeys: [['executed undefined response-invalid'], 1, 1],
  },
  'whose chunked answer is cut': {
    meets: ['cut-chunked', 'answer'],
    ietf: [['executed {"id":1} replayed'], 2, 1],
    noKeys: [['executed undefined response-invalid'], 1, 1],
  },
  'that is refused with 400': {
    meets: [{ status: 400 }],
    ietf: [['not-executed rejected'], 1, 0],
    // It could be the refusal of a second delivery.
    noKeys: [['unknown rejected'], 1, 0],
  },
  'that is refused before anything is read of it, with 413': {
    meets: [{ status: 413 }],
    ietf: [['not-executed rejected'], 1, 0],
    noKeys: [['not-executed rejected'], 1, 0],
  },
  'that is aborted while the server is at work': {
    meets: ['hang'],
    given: { abortAfterMs: 400 },
    ietf: [['unknown aborted'], 1, 1],
    noKeys: [['unknown aborted'], 1, 1],
  },
}

const WAYS = [
  { layer: 'fetch', profile: 'ietf', store: 'memory' },
  { layer: 'fetch', profile: 'noKeys', store: 'memory' },
  { layer: 'ky', profile: 'ietf', store: 'key-value' },
  { layer: 'ky', profile: 'noKeys', store: 'key-value' },
] as const

describe.each(RUNTIMES)('%s', name => {
  let server: ScriptedServer
  let runtime: RunningRuntime
  beforeAll(async () => {
    server = await scriptedServer()
    runtime = await startRuntime(name, { origin: server.origin })
  })
  afterAll(() => runtime?.kill())

  const pay = async (given: object) => ((await runtime.ask('pay', given)) as readonly Ended[]).map(inShort)

  test('imports all entries', async () => {
    expect(await runtime.ask('imports')).toEqual({
      stillonce: 'imported',
      'stillonce/browser': 'imported',
      'stillonce/core': 'imported',
      'stillonce/fetch': 'imported',
      'stillonce/react': 'imported',
      'stillonce/server': 'imported',
      'stillonce/server/fastify': 'imported',
      'stillonce/server/node': 'imported',
      'stillonce/sqlite': 'imported',
      'stillonce/tanstack': 'imported',
      'stillonce/testing': 'imported',
    })
  })

  describe.each(WAYS)('by $layer, $profile, $store store', way => {
    const { layer, profile } = way
    test.each(Object.entries(CASES))('a payment %s', async (what, { meets, given, ...expected }) => {
      const path = `/${layer}/${profile}/${Object.keys(CASES).indexOf(what)}`
      server.script(path, ...meets)
      await server.closeIdle()
      const ends = await pay({ ...way, path, ...given })
      const wanted =
        (name === 'deno' && profile === 'noKeys' ? expected.noKeysInDeno : undefined) ?? expected[profile]
      expect([ends, server.deliveries(path), server.executed(path)]).toEqual(wanted)
      expect(new Set(server.keys(path)).size).toBe(1)
    })

    test('a conditional payment that is executed, and then refused with 412 where something sends again', async () => {
      const path = `/${layer}/${profile}/412`
      server.script(path, 'fin', { status: 412 })
      await server.closeIdle()
      const [end] = await pay({ ...way, path, warm: true, ...IF_MATCH })
      expect(end).toMatch(/^unknown /)
      expect(server.executed(path)).toBe(1)
    })

    test('a payment to nobody is unknown: no failure of this fetch proves that nothing left', async () => {
      const [end] = await pay({ ...way, to: 'nobody', path: `/${layer}/${profile}/nobody` })
      expect(end).toBe('unknown unresolved')
    })
  })

  test('one client, made at module scope, is shared by requests at once', async () => {
    const path = '/shared'
    server.script(path, 'fin', 'answer')
    const way = { layer: 'fetch', profile: 'ietf', path }
    const ends = await Promise.all([pay(way), pay(way), pay(way)])
    expect(ends.map(([end]) => end?.replace(' replayed', ''))).toEqual([
      'executed {"id":1}',
      'executed {"id":1}',
      'executed {"id":1}',
    ])
    expect(server.executed(path)).toBe(1)
  })
})

type Ended = {
  readonly outcome: string
  readonly data?: unknown
  readonly replayed?: boolean
  readonly code?: string
}

function inShort({ outcome, data, replayed, code }: Ended): string {
  const result = outcome === 'executed' ? ` ${JSON.stringify(data) ?? 'undefined'}` : ''
  return `${outcome}${result}${replayed === true ? ' replayed' : ''}${code === undefined ? '' : ` ${code}`}`
}
