import * as z from 'zod/mini'
import type { Mismatch } from '../../core/record/complete.ts'
import type { OperationRecord, RecordByState } from '../../core/record/operation-record.ts'

/*
 * The stored record: its schema, its format version, and the upgrades from older formats. This module is loaded
 * separately (see engine/stored/decode-stored.ts), because zod is most of its size.
 *
 * A stored text is data from outside: another version of this package, another program, or an attacker may have written
 * it. Every field is checked, and a record that does not fit is neither sent nor overwritten.
 */

/** The format that this version writes. It reads every format up to this one. */
export const FORMAT = 1

const text = z.string()
const number = z.number()
const count = number.check(z.refine(Number.isSafeInteger), z.refine(isFromZero))
const instant = number.check(z.refine(isInstant))
const stringMap = z.record(text, text)

/*
 * Only few kinds of schemas are used, because a page loads the code of each kind: bounds are conditions, and a value
 * that is one of several is a literal.
 */

function isFromZero(value: number): boolean {
  return value >= 0
}

function isFromOne(value: number): boolean {
  return value >= 1
}

/** The range of Date. */
function isInstant(value: number): boolean {
  return Math.abs(value) <= 8.64e15
}

function isNotEmpty(value: string): boolean {
  return value !== ''
}

/** An empty id identifies nothing. */
function names(id: unknown): boolean {
  return id !== undefined && id !== null && id !== ''
}

const target = z.object({
  method: text,
  origin: text,
  path: text,
  queryHash: text,
  profile: text,
  carriage: z.optional(text),
  account: text,
})
const holder = z.object({ host: text, pid: count, startedAt: z.optional(text) })
const lease = z.object({
  runner: text,
  until: instant,
  holder: z.optional(holder),
  locked: z.optional(z.literal(true)),
  trace: z.optional(text),
})
const request = z.object({
  url: text,
  headers: stringMap,
  text: z.optional(text),
  body: z.optional(text),
  isQueued: z.optional(z.literal(true)),
})
const result = z.object({
  form: z.literal(['body', 'data']),
  status: z.optional(count),
  headers: z.optional(stringMap),
  text,
  replayed: z.literal([true, false]),
})
const failure = z.object({
  code: z.literal(['rejected', 'conflict', 'sealed', 'forgotten', 'unresolved']),
  reason: text,
  status: z.optional(count),
  headers: z.optional(stringMap),
  body: z.optional(text),
  error: z.optional(text),
})

const common = {
  v: z.literal(FORMAT),
  scope: text.check(z.refine(isNotEmpty)),
  name: text.check(z.refine(isNotEmpty)),
  id: z.unknown().check(z.refine(names)),
  generation: count.check(z.refine(isFromOne)),
  key: text,
  line: z.optional(text),
  fingerprint: text,
  bodyHash: text,
  target,
  createdAt: instant,
  firstSentAt: z.optional(instant),
  firstSentServerAt: z.optional(instant),
  keyRetentionMs: z.optional(number.check(z.refine(isFromZero))),
  updatedAt: instant,
  highestSeenAt: instant,
  serverOffsetMs: z.optional(number),
  attempts: count,
  sent: count,
  ambiguous: count,
  writer: z.object({ runner: text, write: count }),
  request: z.optional(request),
}

const open = {
  ...common,
  lease: z.optional(lease),
  inFlight: z.optional(z.object({ runner: text, at: instant })),
  statusUrl: z.optional(text),
  statusIsMonitor: z.optional(z.literal(true)),
}

const SCHEMAS = {
  pending: z.object({ ...open, state: z.literal('pending') }),
  processing: z.object({ ...open, state: z.literal('processing'), processingSince: instant }),
  succeeded: z.object({
    ...common,
    state: z.literal('succeeded'),
    settledAt: instant,
    result: z.optional(result),
  }),
  failed: z.object({ ...common, state: z.literal('failed'), settledAt: instant, failure }),
}

type Schemas = typeof SCHEMAS

/** The schema for the record's state; undefined for any other state. */
function schemaOf(record: Record<string, unknown>): Schemas[keyof Schemas] | undefined {
  const { state } = record
  return isState(state) ? SCHEMAS[state] : undefined
}

function isState(state: unknown): state is keyof Schemas {
  return Object.keys(SCHEMAS).some(name => name === state)
}

/** The fields of each state as its schema has them. */
export type StoredFields = { readonly [State in keyof Schemas]: z.infer<Schemas[State]> }

export type Decoded =
  | { readonly ok: true; readonly record: OperationRecord }
  | { readonly ok: false; readonly fault: string; readonly advice?: 'update' }

/** Decodes a stored text, or reports what is wrong with it. The fault contains none of its values. */
export function decodeRecord(value: string): Decoded {
  const parsed = parse(value)
  if (parsed === undefined) return { ok: false, fault: 'the record is not JSON' }
  const version = isRecord(parsed) ? parsed['v'] : undefined
  if (typeof version === 'number' && version > FORMAT) {
    return {
      ok: false,
      fault: `the record has format ${version}, this version of stillonce reads up to ${FORMAT}`,
      advice: 'update',
    }
  }
  const current = upgraded(parsed)
  if (!isRecord(current)) return misshapen('')
  const schema = schemaOf(current)
  if (schema === undefined) return misshapen('state')
  const checked = schema.safeParse(current)
  if (!checked.success) return misshapen(checked.error.issues[0]?.path.map(String).join('.') ?? '')
  return { ok: true, record: checked.data satisfies Described }
}

/**
 * The record's type. If schemas and type differ, this type requires a property that no record has, which names the
 * state.
 */
type Described =
  Mismatch<StoredFields, RecordByState> extends never
    ? OperationRecord
    : { readonly differsIn: Mismatch<StoredFields, RecordByState> }

function misshapen(path: string): Decoded {
  return { ok: false, fault: `the record does not have the shape of one${path === '' ? '' : ` at ${path}`}` }
}

/**
 * Upgrades from one format to the next, in order: entry n makes format n + 2 of format n + 1. Format 1 is the first, so
 * there are none yet; a test uses entries of its own.
 */
const UPGRADES: readonly ((record: Record<string, unknown>) => Record<string, unknown>)[] = []

/** Upgrades a parsed record of any older format to the newest. */
export function upgraded(parsed: unknown, upgrades = UPGRADES): unknown {
  if (!isRecord(parsed)) return parsed
  const version = parsed['v']
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) return parsed
  return upgrades.slice(version - 1).reduce((record, upgrade) => upgrade(record), parsed)
}

function parse(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
