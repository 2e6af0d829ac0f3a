import type { FoldersOptions, ListedRecord, SetOptions, StoredRecord } from '../../public/store.ts'
import type { RecordStore } from '../../public/store.ts'
import { checkOptions, type OptionRules } from '../check-options.ts'
import { withCodec, type Codec, type ListingStore } from '../codec.ts'
import { isCodec } from '../is-codec.ts'
import { beyondFolder, firstBeyond } from '../key-range.ts'
import { nextVersion } from '../next-version.ts'
import { closedError, StoreError } from '../store-error.ts'
import { errorOfRedis } from './errors.ts'
import { refuseEviction } from './eviction.ts'
import { MEMBERS_PER_PAGE, openPlaces, type OpenPlace } from './open-places.ts'
import {
  commandsOf,
  lossesOf,
  type RedisClient,
  type RedisSubscriber,
  type SendCommand,
} from './redis-client.ts'
import { DELETE, FOLDERS, SCAN, SET, SINCE } from './scripts.ts'
import { runScript, sendAgain, sendSingly, type SentCommand } from './send.ts'
import { publishHints } from './publish-hints.ts'
import { recordOfText } from './record-text.ts'
import { together } from './together.ts'

export type RedisStoreOptions = {
  /**
   * The beginning of all Redis keys of this store, written in braces so that a cluster keeps the store on one node.
   * Default `stillonce`.
   */
  readonly prefix?: string | undefined
  /**
   * A separate, connected client (`client.duplicate()`) that receives other processes' writes, so that waiting calls
   * look at once. Every process that writes needs this option. Messages are only hints: a missed write is still found
   * by the regular looks. Default: none.
   */
  readonly subscriber?: RedisSubscriber | undefined
  /**
   * Permits a Redis that evicts keys when its memory is full: an operation that was executed may be executed again.
   * Default false: the server must be set to `maxmemory-policy noeviction`.
   */
  readonly allowEviction?: boolean | undefined
  /**
   * Encrypts the values. Keys, times and whether a record is open stay readable. Default: values are stored as they
   * are.
   */
  readonly codec?: Codec | undefined
}

const RULES: OptionRules = {
  prefix: [isPrefix, 'a text of 1 to 100 characters without braces'],
  subscriber: [isSubscriber, 'a connected client of its own, with `subscribe` and `unsubscribe`'],
  allowEviction: [value => typeof value === 'boolean', 'true or false'],
  codec: [isCodec, 'an object with the functions encrypt and decrypt'],
}

const RECORDS_PER_PAGE = 100
/** A larger script blocks the server for longer and is hardly faster (docs/speed.md). */
const WRITES_AT_ONCE = 32
const CHARACTERS_AT_ONCE = 262_144

/**
 * One requested write. This process makes its version, and not a counter of the server, so no version comes back after
 * a restart or a failover.
 */
type Write = {
  readonly key: string
  readonly value: string
  readonly version: string
  readonly options: SetOptions
}

/** The last time that a Date can represent; a record with a later expiry never expires. */
const LAST_MOMENT = 8_640_000_000_000_000

/**
 * A store in Redis or Valkey, for services on many hosts: all processes that share the server share the keys. A
 * script does the compare-and-sets, and takes those of one turn of the event loop together. A write resolves when the
 * server has it, and is as durable as the server: a killed server loses minutes with the default snapshots, a second
 * or two with `appendfsync everysec`, nothing with `always`. A failover to a replica loses the writes that had not
 * reached the replica. A server that may evict keys is refused, see `allowEviction`. Settled records expire by the
 * server's clock.
 *
 * After a lost connection every command except a delete is sent again, up to 3 times. If the answer to a write was
 * lost, the record's version shows whether the write was done, because every write makes its own version. Operations
 * reject with a StoreError of kind `failed` and a reason: `lost` (the connection failed), `full` (OOM), `busy`
 * (loading) or `blocked` (a replica, missing rights). Text with half a surrogate pair is refused. `close` leaves the
 * client open. A wrong option throws here.
 *
 * @example
 * const connection = createClient({ url }).on('error', log) // without a listener a lost connection ends the process
 * const store = redisStore(await connection.connect())
 * const client = createClient({ store, ... })
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): RecordStore {
  const send = commandsOf(client)
  checkOptions('redisStore', options, RULES)
  const { codec, allowEviction = false } = options
  const store = plainRedisStore(send, lossesOf(client), options)
  const listing = codec ? withCodec(store, codec) : store
  return { ...listing, ...(allowEviction && { isWeak: true as const, isBounded: true as const }) }
}

function plainRedisStore(
  send: SendCommand,
  lost: () => number,
  { prefix = 'stillonce', subscriber, allowEviction = false }: RedisStoreOptions,
): ListingStore {
  const tag = `{${prefix}}`
  const names = {
    open: `${tag}:open`,
    places: `${tag}:places`,
    since: `${tag}:since`,
  }
  const channel = subscriber === undefined ? '' : `${tag}:writes`
  const hints = subscriber && publishHints(subscriber, channel)
  let keepsAll = allowEviction
  let closing: Promise<void> | undefined

  const again = (work: () => Promise<unknown>): Promise<SentCommand> => sendAgain(work, lost)
  const recordOf = (key: string): string => `${tag}:record:${key}`

  function check(text: unknown = '', other: unknown = ''): void {
    if (closing) throw closedError('Redis store')
    if (!isStorable(text) || !isStorable(other)) throw unstorable()
  }

  /**
   * Checks the server before the first write. Until the first answer is there, every write asks the server itself, so
   * that a connection that hangs delays only its own write.
   */
  async function checkEviction(): Promise<void> {
    const { reply } = await again(() => send(names.since, 'INFO', ['memory']))
    refuseEviction(reply)
    keepsAll = true
  }

  async function get(key: string): Promise<StoredRecord | undefined> {
    check(key)
    const record = recordOf(key)
    const { reply } = await again(() => send(record, 'GET', [record]))
    const found = recordOfText(reply)
    return found && { value: found.value, version: found.version }
  }

  /** Does all writes of one script. */
  async function writeAll(asked: readonly Write[]): Promise<readonly (string | undefined | Error)[]> {
    const { claims, others } = claimsFirst(asked)
    const keys: [string, ...string[]] = [names.open, names.places]
    const args = [channel, String(claims.length)]
    for (const { key, version, value } of claims) {
      keys.push(recordOf(key))
      args.push(version, value)
    }
    for (const { key, version, value, options } of others) {
      keys.push(recordOf(key))
      args.push(options.expected ?? '', expiryOf(options), `${version}0${value}`)
    }
    const { reply, isInDoubt } = await again(() => runScript(send, SET, keys, args))
    const replies: ArrayLike<unknown> = Array.isArray(reply) ? reply : String(reply)
    const resultOf = ({ version }: Write, answer: unknown): string | undefined | Error => {
      if (Number(answer) === 1) return version
      if (Number(answer) !== 0) return errorOfRedis(new Error(String(answer)))
      return isInDoubt ? inDoubt() : undefined
    }
    // Nearly always all writes of a script are claims, or none is, so that their order is the one in which they were asked for.
    if (claims.length === 0 || others.length === 0)
      return asked.map((write, at) => resultOf(write, replies[at]))
    const replyTo = new Map([...claims, ...others].map((write, at) => [write, replies[at]]))
    return asked.map(write => resultOf(write, replyTo.get(write)))
  }

  const writes = together<Write, string | undefined>(
    { most: WRITES_AT_ONCE, sizeOf: ({ value }) => value.length, mostSize: CHARACTERS_AT_ONCE },
    writeAll,
  )

  /** No async function, because each makes promises of its own for every write. */
  function set(key: string, value: string, options: SetOptions): Promise<string | undefined> {
    try {
      check(key, value)
    } catch (error) {
      return Promise.reject(error)
    }
    return keepsAll ? ask(key, value, options) : checkEviction().then(() => ask(key, value, options))
  }

  function ask(key: string, value: string, options: SetOptions): Promise<string | undefined> {
    return writes.ask({ key, value, version: nextVersion(), options })
  }

  async function* listOpen(under: string): AsyncGenerator<ListedRecord> {
    check(under)
    const read = async (from: string, below: string): Promise<readonly string[]> => {
      const limit = ['LIMIT', '0', String(MEMBERS_PER_PAGE)]
      const { reply } = await again(() =>
        send(names.open, 'ZRANGEBYLEX', [names.open, from, below, ...limit]),
      )
      return reply as readonly string[]
    }
    for await (const places of openPlaces(under, read)) {
      for (let start = 0; start < places.length; start += RECORDS_PER_PAGE) {
        const page = places.slice(start, start + RECORDS_PER_PAGE)
        yield* await openRecords(page)
      }
    }
  }

  /** Leaves out records that were settled since the index was read, or that were settled and became open again. */
  async function openRecords(places: readonly OpenPlace[]): Promise<readonly ListedRecord[]> {
    const texts = await textsOf(places.map(({ key }) => key))
    return places.flatMap(({ key, place }, at) => {
      const found = recordOfText(texts[at])
      return found?.place === place ? { key, value: found.value, version: found.version } : []
    })
  }

  async function textsOf(keys: readonly string[]): Promise<readonly unknown[]> {
    const [first = '', ...others] = keys.map(recordOf)
    const { reply } = await again(() => send(first, 'MGET', [first, ...others]))
    return reply as readonly unknown[]
  }

  async function openFolders(under: string, { after, limit }: FoldersOptions): Promise<readonly string[]> {
    check(under, after ?? '')
    const below = firstBeyond(under)
    const first = under === '' ? '-' : `[${under}`
    const from = after === undefined ? first : `[${beyondFolder(after)}`
    const to = below === undefined ? '+' : `(${below}`
    const { reply } = await again(() =>
      runScript(send, FOLDERS, [names.open], [under, from, to, String(limit)]),
    )
    return reply as readonly string[]
  }

  /** Settled records in no order. A scan may return a key twice, so keys are remembered. */
  async function* listSettled(under: string): AsyncGenerator<ListedRecord> {
    check(under)
    const given = new Set<string>()
    for (let cursor: string | undefined = '0'; cursor !== undefined;) {
      const from = cursor
      const { reply } = await again(() => runScript(send, SCAN, [recordOf(under)], [from]))
      const [next, ends] = reply as readonly [unknown, readonly string[]]
      const keys = ends.map(end => `${under}${end}`).filter(key => !given.has(key))
      const texts = keys.length === 0 ? [] : await textsOf(keys)
      for (const [at, key] of keys.entries()) {
        const found = recordOfText(texts[at])
        if (found === undefined || found.place !== undefined || given.has(key)) continue
        given.add(key)
        yield { key, value: found.value, version: found.version }
      }
      cursor = String(next) === '0' ? undefined : String(next)
    }
  }

  return {
    get,
    set,
    delete: async (key, { expected }) => {
      check(key)
      const keys = [recordOf(key), names.open] as const
      // Sent once: afterwards nobody can see whether this delete or another one removed the record.
      const work = (): Promise<unknown> => runScript(send, DELETE, keys, [key, expected, channel])
      const { reply, isInDoubt } = await sendSingly(work, lost)
      const isDone = Number(reply) === 1
      if (isInDoubt && !isDone) throw inDoubt()
      return isDone
    },
    listOpen,
    openFolders,
    listSettled,
    since: async () => {
      check()
      const { reply } = await again(() => runScript(send, SINCE, [names.since], []))
      return Number(reply)
    },
    ...(hints && { watch: hints.watch, watchAll: hints.watchAll }),
    close: () => {
      // Writes that were begun are handed to the client now, because the caller may end the client next.
      writes.leave()
      return (closing ??= hints?.close() ?? Promise.resolve())
    },
  }
}

function isStorable(text: unknown): boolean {
  return typeof text === 'string' && text.isWellFormed()
}

function unstorable(): StoreError {
  return new StoreError(
    'failed',
    'A Redis store holds text without half a surrogate pair: nothing was written.',
  )
}

function inDoubt(): StoreError {
  return new StoreError(
    'failed',
    'The connection to Redis was lost during a write, and the record has changed since: the write may or may not have been done.',
    { reason: 'lost' },
  )
}

/** Separates claims, at most one of each key, from the other writes. Writes of one key stay in their order. */
function claimsFirst(asked: readonly Write[]): {
  readonly claims: readonly Write[]
  readonly others: readonly Write[]
} {
  const claims: Write[] = []
  const others: Write[] = []
  if (!asked.some(isClaim)) return { claims, others: asked }
  const keys = new Set<string>()
  for (const write of asked) {
    if (isClaim(write) && !keys.has(write.key)) claims.push(write)
    else others.push(write)
    keys.add(write.key)
  }
  return { claims, others }
}

function isClaim({ options }: Write): boolean {
  return options.expected === null && options.open
}

/** As the script takes it. Open records never expire. Redis takes whole milliseconds. */
function expiryOf({ open, expiresAt }: SetOptions): string {
  if (open) return 'open'
  return expiresAt === undefined || expiresAt > LAST_MOMENT ? '' : String(Math.ceil(expiresAt))
}

function isPrefix(value: unknown): boolean {
  return typeof value === 'string' && /^[^{}]{1,100}$/.test(value)
}

function isSubscriber(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return ['subscribe', 'unsubscribe'].every(method => typeof Reflect.get(value, method) === 'function')
}
