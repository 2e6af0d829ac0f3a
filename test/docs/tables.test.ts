import type { FetchOptions } from '../../src/client/sdk/fetch-options.ts'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import * as browser from '../../src/entries/browser.ts'
import * as core from '../../src/entries/core.ts'
import * as profiles from '../../src/entries/profiles.ts'
import type { Outcome } from '../../src/core/record/outcome.ts'
import { remediesFor } from '../../src/core/run/page-remedies.ts'
import type { ErrorCode, Reason } from '../../src/public/errors.ts'
import type { OperationEvent } from '../../src/public/event-listener.ts'
import * as plainFetch from '../../src/entries/fetch.ts'
import type { FetchTransportOptions } from '../../src/entries/fetch.ts'
import * as main from '../../src/entries/index.ts'
import type {
  Client,
  Operation,
  OperationDefinition,
  ProfileInput,
  Run,
  Snapshot,
} from '../../src/entries/index.ts'
import { planOf } from '../../src/client/definition.ts'
import type { ClientOptions } from '../../src/client/options.ts'
import * as react from '../../src/entries/react.ts'
import type { IdempotentMutation, MutationOptions } from '../../src/entries/react.ts'
import { resolveClientOptions } from '../../src/client/options.ts'
import { PROBLEMS } from '../../src/server/core/problem.ts'
import { resolveOptions } from '../../src/server/options.ts'
import * as server from '../../src/entries/server.ts'
import * as serverFastify from '../../src/server/adapters/fastify.ts'
import * as serverNode from '../../src/server/adapters/node.ts'
import * as sqlite from '../../src/entries/sqlite.ts'
import * as testing from '../../src/entries/testing.ts'
import type { WorkerOptions } from '../../src/worker/worker-options.ts'
import { resolveWorkerOptions } from '../../src/worker/worker-options.ts'
import { quoted, section, tableRows } from './markdown.ts'
import { manual } from './pages.ts'
import { profileRow } from './profile-table.ts'

const { createClient, defineProfile, memoryStore, noKeys } = main

/** The names in the first column of the tables under a heading. */
function names(heading: string): readonly string[] {
  return tableRows(manual, heading).flatMap(([name = '']) => quoted(name))
}

/** Name to default, for the options that have one: numbers without their commas, strings without quotes. */
function defaults(heading: string): Readonly<Record<string, unknown>> {
  const found = tableRows(manual, heading).flatMap(([name = '', value = '']) => {
    const told = valueOf(value)
    return told === undefined ? [] : quoted(name).map(option => [option, told] as const)
  })
  return Object.fromEntries(found)
}

function valueOf(cell: string): unknown {
  if (/^[\d,]+$/.test(cell)) return Number(cell.replaceAll(',', ''))
  const [text] = quoted(cell)
  return text === 'false' ? false : /^'(.+)'$/.exec(text ?? '')?.[1]
}

/** For each option of a type the rows that tell of it. A new option is an error of the compiler here. */
type Rows<Options> = { readonly [Name in keyof Options]-?: readonly string[] }

const SHARED = {
  timeout: ['timeout'],
  deadline: ['deadline'],
  retry: ['retry.attempts', 'retry.backoff.base', 'retry.backoff.cap'],
  poll: ['poll.interval.min', 'poll.interval.max', 'poll.deadline'],
  profile: ['profile'],
  remember: ['remember'],
}

const CLIENT = {
  http: ['http'],
  transport: ['transport'],
  store: ['store'],
  scope: ['scope'],
  account: ['account'],
  validFor: ['validFor'],
  maxBodyBytes: ['maxBodyBytes'],
  onEvent: ['onEvent'],
  traceId: ['traceId'],
  trace: ['trace'],
  onListenerError: ['onListenerError'],
  ...SHARED,
} satisfies Rows<main.CreateClientOptions & core.CreateClientOptions>

const DEFINITION = {
  name: ['name'],
  id: ['id'],
  request: ['request'],
  response: ['response'],
  status: ['status.request', 'status.read', 'status.absentAfter'],
  cancel: ['cancel.request', 'cancel.read'],
  verdict: ['verdict'],
  persist: ['persist'],
  keepHeaders: ['keepHeaders'],
  dropHeaders: ['dropHeaders'],
  keepResponseHeaders: ['keepResponseHeaders'],
  fingerprint: ['fingerprint'],
  key: ['key'],
  onConflict: ['onConflict'],
  conflictTurns: ['conflictTurns'],
  redefine: ['redefine'],
  timeout: ['timeout'],
  deadline: ['deadline'],
  retry: ['retry'],
  poll: ['poll'],
  profile: ['profile'],
  remember: ['remember'],
} satisfies Rows<OperationDefinition<unknown>>

const FETCH = {
  name: ['name'],
  id: ['id'],
  account: ['account'],
  fingerprint: ['fingerprint'],
  unguarded: ['unguarded'],
  keepResponseHeaders: ['keepResponseHeaders'],
  status: ['status'],
  cancel: ['cancel'],
  verdict: ['verdict'],
  redefine: ['redefine'],
  persist: ['persist'],
  keepHeaders: ['keepHeaders'],
  dropHeaders: ['dropHeaders'],
  timeout: ['timeout'],
  deadline: ['deadline'],
  retry: ['retry'],
  poll: ['poll'],
  profile: ['profile'],
  remember: ['remember'],
} satisfies Rows<FetchOptions>

const PROFILE = {
  name: ['name'],
  honoursKeys: ['honoursKeys'],
  delivers: ['delivers'],
  header: ['header'],
  format: ['format'],
  key: ['key.in', 'key.field', 'key.minLength', 'key.maxLength', 'key.alphabet', 'key.format'],
  retention: ['retention'],
  comparesBytes: ['comparesBytes'],
  otherPayload: ['otherPayload'],
  rules: ['rules'],
  replayed: ['replayed'],
  firstSent: ['firstSent'],
  status: ['status'],
  cancel: ['cancel'],
  namesKey: ['namesKey'],
  trustedOrigins: ['trustedOrigins'],
} satisfies Rows<ProfileInput>

const minimal: ClientOptions = { store: memoryStore(), scope: 'somebody', profile: noKeys }
const definition = { name: 'minimal', id: () => 'one', request: () => ({ method: 'post', url: '/' }) }

test('the options of client.fetch are all in their table, and no others', () => {
  expect(names('Options of client.fetch').toSorted()).toEqual(Object.values(FETCH).flat().toSorted())
})

const WORKER = {
  send: ['send'],
  concurrency: ['concurrency'],
  batchSize: ['batchSize'],
  idle: ['idle.min', 'idle.max'],
  again: ['again.min', 'again.max'],
  shutdownWithin: ['shutdownWithin'],
  stopOn: ['stopOn'],
  unhealthyAfter: ['unhealthyAfter'],
} satisfies Rows<WorkerOptions>

test('the options of startWorker are all in their table, with their defaults', () => {
  const { idle, again, concurrency, batchSize, shutdownWithinMs, unhealthyAfterMs, stopOn, send } =
    resolveWorkerOptions(undefined)
  expect(names('Options of startWorker').toSorted()).toEqual(Object.values(WORKER).flat().toSorted())
  expect(defaults('Options of startWorker')).toEqual({
    concurrency,
    batchSize,
    'idle.min': idle.min,
    'idle.max': idle.max,
    'again.min': again.min,
    'again.max': again.max,
    shutdownWithin: shutdownWithinMs,
    unhealthyAfter: unhealthyAfterMs,
  })
  expect([stopOn, send]).toEqual([['SIGTERM'], true])
})

describe('the options of createClient', () => {
  test('are all in the table, and no others', () => {
    expect(names('Options of createClient').toSorted()).toEqual(Object.values(CLIENT).flat().toSorted())
  })

  test('have the defaults that the table says', () => {
    const settings = resolveClientOptions(minimal, 'http')

    expect(defaults('Options of createClient')).toEqual({
      timeout: settings.timeoutMs,
      deadline: settings.deadlineMs,
      // No number: as often as deadline and budget allow.
      ...(settings.attempts !== undefined && { 'retry.attempts': settings.attempts }),
      'retry.backoff.base': settings.backoff.base,
      'retry.backoff.cap': settings.backoff.cap,
      'poll.interval.min': settings.pollInterval.min,
      'poll.interval.max': settings.pollInterval.max,
      'poll.deadline': settings.pollDeadlineMs,
      remember: settings.rememberMs,
      validFor: settings.validForMs,
      maxBodyBytes: settings.maxBodyBytes,
    })
  })

  test('are known to createClient', () => {
    for (const name of Object.keys(CLIENT)) {
      const build = name === 'transport' ? core.createClient : createClient
      expect(refusal(() => build({ ...minimal, [name]: undefined } as never))).not.toMatch(/no such option/)
    }
  })

  test('of fetchTransport are told of', () => {
    const options = {
      baseUrl: [],
      headers: [],
      credentials: [],
      parseJson: [],
      dispatcher: [],
      fetch: [],
    } satisfies Rows<FetchTransportOptions>
    expect(quoted(section(manual, 'Options of createClient'))).toEqual(
      expect.arrayContaining(Object.keys(options)),
    )
  })
})

describe('the options of an operation', () => {
  test('are all in the table, and no others', () => {
    expect(names('Options of an operation').toSorted()).toEqual(Object.values(DEFINITION).flat().toSorted())
  })

  test('have the defaults that the table says', () => {
    const { persist } = planOf(definition, minimal)
    expect(defaults('Options of an operation')).toEqual({ persist, conflictTurns: 3, redefine: false })
  })

  test('are known to client.operation', () => {
    for (const name of Object.keys(DEFINITION)) {
      expect(refusal(() => planOf({ ...definition, [name]: undefined }, minimal))).not.toMatch(
        /no such option/,
      )
    }
  })

  test('onConflict is asked as often as the default of conflictTurns says', async () => {
    let turns = 0
    const headers = { 'content-length': '2', 'idempotent-replayed': 'true' }
    const client = core.createClient({
      ...minimal,
      profile: main.ietf,
      transport: plainFetch.fetchTransport({
        baseUrl: 'https://shop.example/',
        fetch: async () => new Response('{}', { status: 412, headers }),
      }),
    })
    const change = client.operation({
      name: 'change',
      id: () => 'one',
      request: (version: number) => ({
        method: 'put',
        url: 'cart',
        json: { version },
        headers: { 'if-match': '"1"' },
      }),
      onConflict: () => (turns += 1),
    })

    expect(await change.start(0).settled).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'conflict' },
    })
    expect(turns).toBe(defaults('Options of an operation')['conflictTurns'])
  })
})

const IDEMPOTENCY = {
  store: ['store'],
  scope: ['scope'],
  retention: ['retention'],
  lease: ['lease'],
  timeout: ['timeout'],
  wait: ['wait'],
  required: ['required'],
  inProgress: ['inProgress'],
  retryAfter: ['retryAfter'],
  fingerprint: ['fingerprint'],
  parse: ['parse'],
  rethrow: ['rethrow'],
  stores: ['stores'],
  resumable: ['resumable'],
  nothingHappened: ['nothingHappened'],
  maxOpen: ['maxOpen'],
  header: ['header'],
  firstSentHeader: ['firstSentHeader'],
  maxKeyLength: ['maxKeyLength'],
  maxBodyBytes: ['maxBodyBytes'],
  maxAnswerBytes: ['maxAnswerBytes'],
  replayHeaders: ['replayHeaders'],
  location: ['location'],
  prefix: ['prefix'],
  keyOf: ['keyOf'],
  onEvent: ['onEvent'],
  onError: ['onError'],
} satisfies Rows<server.IdempotencyOptions>

describe('the options of createIdempotency', () => {
  test('are all in the table, and no others', () => {
    expect(names('Options of createIdempotency').toSorted()).toEqual(
      Object.values(IDEMPOTENCY).flat().toSorted(),
    )
  })

  test('have the defaults that the table says', () => {
    const settings = resolveOptions({ store: memoryStore({ maxSettled: Infinity }), scope: 'shop' })
    const told = defaults('Options of createIdempotency')
    const found = Object.keys(told).map(name => [name, settings[name as keyof typeof settings]])
    expect(told).toEqual(Object.fromEntries(found))
    expect(Object.keys(told)).toHaveLength(13)
  })

  test('and its problems are those that there are', () => {
    expect(names('The server side').toSorted()).toEqual(Object.keys(PROBLEMS).toSorted())
  })
})

describe('the fields of a profile', () => {
  test('are all in the table, and no others', () => {
    expect(names('Fields of a profile').toSorted()).toEqual(Object.values(PROFILE).flat().toSorted())
  })

  test('have the defaults that the table says', () => {
    const { header, format, key, retention, comparesBytes, otherPayload, namesKey } = defineProfile({
      name: 'any',
      honoursKeys: true,
    })
    expect(defaults('Fields of a profile')).toEqual({
      header,
      format,
      'key.in': key.in ?? 'header',
      'key.maxLength': key.maxLength,
      retention,
      comparesBytes,
      otherPayload: otherPayload ?? 'refused',
      namesKey,
    })
  })

  test('of the profiles that are built in say what their table says', () => {
    const told = tableRows(manual, 'Profiles').map(([name = '', header = '', remembers = '']) => ({
      name: quoted(name)[0],
      headers: quoted(header),
      retention: durationOf(remembers),
    }))
    const { azure, gocardless, ietf, stillonce, stripe } = main
    expect(told).toEqual(
      [ietf, stillonce, stripe, azure, gocardless, noKeys].map(profile => ({
        name: profile.name,
        headers: [
          ...(profile.header === undefined ? [] : [profile.header]),
          ...(profile.firstSent === undefined ? [] : [profile.firstSent.header]),
        ],
        retention: profile.honoursKeys ? profile.retention : undefined,
      })),
    )
  })
})

test('the profiles of other servers say what their table says, and what their owners do not', () => {
  const ours = new Set(['ietf', 'stillonce', 'stripe', 'azure', 'gocardless', 'noKeys'])
  const others = Object.entries(profiles).filter(([name]) => !ours.has(name))

  expect(tableRows(manual, 'Profiles of other servers')).toEqual(
    others.map(([name, profile]) => profileRow(name, profile)),
  )
})

test('the settled records that memoryStore keeps are as many as its default says', async () => {
  const row = tableRows(manual, 'Choosing a store').find(([option]) => option === '`maxSettled`')
  const kept = Number(valueOf(row?.[2] ?? ''))
  const store = memoryStore()
  const dropped = new Promise<string>(resolve => store.onDrop?.(resolve))
  const settle = async (index: number) => store.set(`record-${index}`, '', { expected: null, open: false })

  await Promise.all(Array.from({ length: kept }, async (_, index) => settle(index)))
  expect(await store.get('record-0')).toBeDefined()
  await settle(kept)
  expect(await dropped).toBe('record-0')
  expect(await store.get('record-1')).toBeDefined()
})

const CODES = {
  rejected: true,
  conflict: true,
  'payload-mismatch': true,
  unresolved: true,
  'still-processing': true,
  'key-expired': true,
  'already-executed': true,
  'response-invalid': true,
  'store-failed': true,
  'store-corrupt': true,
  'scope-changed': true,
  sealed: true,
  forgotten: true,
  aborted: true,
  configuration: true,
} satisfies Record<ErrorCode, true>

test('every code of an error is in its table, with its outcomes and what to do', () => {
  const rows = tableRows(manual, 'Errors')
  expect(names('Errors').toSorted()).toEqual(Object.keys(CODES).toSorted())
  for (const [code, outcomes = '', when, advice] of rows) {
    const outside = quoted(outcomes).filter(name => !['executed', 'not-executed', 'unknown'].includes(name))
    expect({ code, outside, when: when !== '', advice: advice !== '' }).toEqual({
      code,
      outside: [],
      when: true,
      advice: true,
    })
    expect(quoted(outcomes)).not.toEqual([])
  }
})

const REASONS = {
  declined: true,
  changed: true,
  conflict: true,
  'sign-in': true,
  offline: true,
  'no-storage': true,
  unreachable: true,
  busy: true,
  'too-late': true,
  unreadable: true,
  cancelled: true,
  aborted: true,
  mistake: true,
} satisfies Record<Reason, true>

test('what to tell the user is told of every reason, with what `describe` offers', () => {
  const rows = tableRows(manual, 'What to say, and what to offer')
  for (const [outcome = '', reason = '', sentence, can = ''] of rows) {
    const [end] = quoted(outcome) as [Outcome]
    const [about] = quoted(reason) as [Reason | undefined]
    expect(sentence).not.toBe('')
    expect([end, about, quoted(can)]).toEqual([
      end,
      about,
      remediesFor({ outcome: end, reason: about, honoursKeys: true }),
    ])
  }
  const told = new Set(rows.flatMap(([, reason = '']) => quoted(reason)))
  expect([...told].toSorted()).toEqual(Object.keys(REASONS).toSorted())
})

const EVENTS = {
  claimed: true,
  joined: true,
  attempt: true,
  answer: true,
  waiting: true,
  poll: true,
  query: true,
  settled: true,
  'taken-over': true,
  'claim-lost': true,
  'late-success': true,
  'store-failed': true,
  'bytes-changed': true,
  'fact-dropped': true,
} satisfies Record<OperationEvent['type'], true>

test('every type of event is in its table, and no others', () => {
  expect(names('Events').toSorted()).toEqual(Object.keys(EVENTS).toSorted())
})

const METHODS = {
  ...({
    run: true,
    start: true,
    inspect: true,
    scope: true,
    watch: true,
    identify: true,
    settle: true,
    resume: true,
    cancel: true,
    conclude: true,
    forget: true,
    byId: true,
  } satisfies Record<Exclude<keyof Operation<unknown>, 'name'>, true>),
  ...({
    id: true,
    snapshot: true,
    subscribe: true,
    settled: true,
    result: true,
    abort: true,
  } satisfies Record<keyof Run, true>),
  ...({
    operation: true,
    fetch: true,
    pending: true,
    resume: true,
    watch: true,
    clear: true,
    withScope: true,
    close: true,
  } satisfies Record<keyof Client, true>),
}

test('every method is in its table, and no others', () => {
  const found = new Set(names('Methods').map(call => call.replace(/\(.*/, '')))
  expect([...found].toSorted()).toEqual(Object.keys(METHODS).toSorted())
})

test('all options and members of the React hook are in its tables, and no others', () => {
  const options = {
    restore: true,
    send: true,
    onSuccess: true,
    onError: true,
    onUnknown: true,
    onChanged: true,
    onSettled: true,
    onResolved: true,
  } satisfies Record<keyof MutationOptions<unknown, unknown>, true>
  const members = {
    mutate: true,
    mutateAsync: true,
    reset: true,
    status: true,
    isIdle: true,
    isPending: true,
    isSuccess: true,
    isError: true,
    isUnknown: true,
    isChanged: true,
    isPaused: true,
    data: true,
    executed: true,
    error: true,
    reason: true,
    serverMessage: true,
    nothingSent: true,
    can: true,
    variables: true,
    phase: true,
    attempts: true,
    retryAt: true,
    idempotencyKey: true,
    outcome: true,
    replayed: true,
  } satisfies Record<keyof IdempotentMutation<unknown, unknown>, true>
  expect(names('React').toSorted()).toEqual([...Object.keys(options), ...Object.keys(members)].toSorted())
  expect(defaults('React')).toEqual({ send: false })
})

test('the entry points are those of package.json, and name all that they export', () => {
  const { exports: targets }: { readonly exports: Readonly<Record<string, unknown>> } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  const paths = Object.keys(targets).filter(path => path !== './package.json')
  expect(names('Entry points').toSorted()).toEqual(
    paths.map(path => path.replace('.', 'stillonce')).toSorted(),
  )
})

test('CORS lets pages send and read all that the client does, whatever the profile', () => {
  const { ietf, stillonce } = main
  const expose = /'Access-Control-Expose-Headers':\s+'([^']+)'/.exec(manual)?.[1] ?? ''
  const allow = /'Access-Control-Allow-Headers': '([^']+)'/.exec(manual)?.[1] ?? ''
  // The engine reads headers by these names; those of a replay and of the key are the profile's.
  const engine = [
    'src/core/answers/poll-target.ts',
    'src/core/answers/answer-marks.ts',
    'src/core/answers/answer-time.ts',
    'src/core/answers/retry-after.ts',
    'src/core/answers/answer-date.ts',
  ]
    .map(file => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'))
    .join('\n')
  const read = expose.split(', ').filter(name => ![ietf.replayed?.header, ietf.header].includes(name))
  expect(read.filter(name => !engine.includes(`'${name.toLowerCase()}'`))).toEqual([])
  expect(expose.split(', ')).toContain(ietf.replayed?.header)
  expect(allow.split(', ')).toEqual(['Content-Type', ietf.header, stillonce.firstSent?.header])
})

test('all of a snapshot is told', () => {
  const snapshot = {
    id: true,
    name: true,
    scope: true,
    generation: true,
    key: true,
    state: true,
    phase: true,
    attempts: true,
    polls: true,
    startedAt: true,
    retryAt: true,
    isPaused: true,
    nextLookAt: true,
    data: true,
    error: true,
    outcome: true,
    replayed: true,
  } satisfies Record<keyof Snapshot, true>
  expect(manual).toContain(`immutable \`{ ${Object.keys(snapshot).join(', ')} }\``)
})

test('all that the package exports is named', () => {
  const exported = [
    main,
    browser,
    core,
    plainFetch,
    react,
    server,
    serverFastify,
    serverNode,
    sqlite,
    testing,
  ].flatMap(module => Object.keys(module))
  expect(exported.filter(name => !manual.includes(name))).toEqual([])
})

test('the scripts that are named are there', () => {
  const { scripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  const named = [...manual.matchAll(/npm (?:run )?((?:test|check|demo|build|format|bench|simulate)[\w:]*)/g)]
  expect(named.map(match => match[1] ?? '').filter(name => scripts[name] === undefined)).toEqual([])
})

function refusal(work: () => unknown): string {
  try {
    work()
    return ''
  } catch (error) {
    return String(error)
  }
}

function durationOf(cell: string): number | undefined {
  const [, count, unit] = /^(\d+) (h|days)/.exec(cell) ?? []
  return count === undefined ? undefined : Number(count) * (unit === 'h' ? 3_600_000 : 86_400_000)
}
