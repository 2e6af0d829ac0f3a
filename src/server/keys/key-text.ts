import type { KeyRecord, StoredAnswer } from '../core/key-state.ts'
import type { RecordStore } from '../../public/store.ts'
import type { Memory } from '../core/memory.ts'

/*
 * A key's record as text in the store: JSON with a format version. The text is data of unknown origin when it is
 * read.
 */

const FORMAT = 1

/**
 * Thrown for a value that is not a record of this code. Nothing is executed because of it, and the value is left as
 * it is.
 */
export class CorruptRecord extends Error {
  override readonly name = 'CorruptRecord'
}

/** Whether an error means that a stored value cannot be understood, here or in the store's codec. */
export function isCorrupt(error: unknown): boolean {
  return error instanceof CorruptRecord || (error as { kind?: unknown } | undefined)?.kind === 'corrupt'
}

/** What is stored at a place; `version` null: nothing is stored. */
export type View = { readonly record: KeyRecord | undefined; readonly version: string | null }

/**
 * The text of a record: what `JSON.stringify` makes of it, with the format before it. The two records that each key has
 * are written field by field, in half the time.
 */
export function writeRecord(record: KeyRecord): string {
  const { owner, write, createdAt, changedAt, fingerprint, state } = record
  const isClaim = state === 'processing'
  if (fingerprint === undefined || !(isClaim || state === 'succeeded'))
    return `{"v":${FORMAT},${JSON.stringify(record).slice(1)}`
  const written =
    `{"v":${FORMAT},"owner":${quoted(owner)},"write":${write},"createdAt":${createdAt},"changedAt":${changedAt},` +
    `"fingerprint":${quoted(fingerprint)},"state":"${state}"`
  if (isClaim) {
    const { fence, leaseUntil, resumable } = record
    return `${written},"fence":${fence},"leaseUntil":${leaseUntil},"resumable":${resumable}}`
  }
  return record.answer === undefined ? `${written}}` : `${written},"answer":${textOf(record.answer)}}`
}

function textOf({ status, headers, body, form }: StoredAnswer): string {
  return `{"status":${status},"headers":${JSON.stringify(headers)},"body":${JSON.stringify(body)},"form":"${form}"}`
}

/** Ids and hashes need no escapes. */
function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)
}

const PLAIN = /^[\w.-]*$/

/** A record for a store in this process that keeps values. Its JSON is the text above. */
export class RecordValue {
  readonly #record: KeyRecord

  constructor(record: KeyRecord) {
    this.#record = record
  }

  toJSON(): unknown {
    return { v: FORMAT, ...this.#record }
  }
}

/** Reads a record field by field, so that no other data of the value goes any further. */
export function readRecord(text: string): KeyRecord {
  const fields = object(parsed(text))
  if (fields['v'] !== FORMAT) throw new CorruptRecord('The record has another format.')
  const written = {
    owner: string(fields['owner']),
    write: number(fields['write']),
    createdAt: number(fields['createdAt']),
    changedAt: number(fields['changedAt']),
    ...(fields['fingerprint'] !== undefined && { fingerprint: string(fields['fingerprint']) }),
  }
  const answer = fields['answer'] === undefined ? {} : { answer: answerFrom(fields['answer']) }
  switch (fields['state']) {
    case 'processing':
      return {
        ...written,
        state: 'processing',
        fence: number(fields['fence']),
        leaseUntil: number(fields['leaseUntil']),
        resumable: fields['resumable'] === true,
      }
    case 'unknown':
      return {
        ...written,
        ...answer,
        state: 'unknown',
        fence: number(fields['fence']),
        resumable: fields['resumable'] === true,
        reason: string(fields['reason']),
      }
    case 'succeeded':
      return { ...written, ...answer, state: 'succeeded' }
    case 'failed':
      return { ...written, ...answer, state: 'failed', why: oneOf(fields['why'], WHYS) }
    default:
      throw new CorruptRecord('The record has no state that is known.')
  }
}

/** How far back the store's memory reaches, in the same format. */
export function writeMemory(memory: Memory): string {
  return JSON.stringify({ v: FORMAT, ...memory })
}

export function readMemory(text: string): Memory {
  const fields = object(parsed(text))
  if (fields['v'] !== FORMAT || !Array.isArray(fields['earlier']))
    throw new CorruptRecord('What the store keeps of its memory has another format.')
  const retentionMs = number(fields['retentionMs'])
  if (!(retentionMs > 0)) throw new CorruptRecord('The store keeps no retention that can be.')
  return {
    bornAt: number(fields['bornAt']),
    retentionMs,
    earlier: fields['earlier'].map((each: unknown) => ({
      until: number(object(each)['until']),
      retentionMs: number(object(each)['retentionMs']),
    })),
  }
}

/**
 * The version of a stored value, even if the value cannot be understood: a codec's error contains it. Undefined:
 * unknown.
 */
export async function versionAt(store: RecordStore, place: string): Promise<string | undefined> {
  try {
    return (await store.get(place))?.version
  } catch (error) {
    return (error as { readonly version?: string } | undefined)?.version
  }
}

/** How many keys of a scope were sealed since a time, epoch ms. */
export type SealCount = { readonly since: number; readonly count: number }

export function writeSealCount(count: SealCount): string {
  return JSON.stringify({ v: FORMAT, ...count })
}

/** Undefined if the text cannot be understood. Counting again from now still limits how many seals are left behind. */
export function readSealCount(text: string): SealCount | undefined {
  try {
    const fields = object(parsed(text))
    return { since: number(fields['since']), count: number(fields['count']) }
  } catch {
    return undefined
  }
}

const WHYS = ['refused', 'sealed', 'concluded'] as const
const FORMS = ['text', 'base64', 'left-out'] as const

function answerFrom(value: unknown): StoredAnswer {
  const fields = object(value)
  const status = number(fields['status'])
  const headers = fields['headers']
  if (!Number.isInteger(status) || status < 200 || status > 599 || !Array.isArray(headers))
    throw new CorruptRecord('The stored answer is no answer.')
  return {
    status,
    headers: headers.map((pair: unknown) => {
      if (!Array.isArray(pair)) throw new CorruptRecord('A stored header is no header.')
      return [string(pair[0]), string(pair[1])] as const
    }),
    body: string(fields['body']),
    form: oneOf(fields['form'], FORMS),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CorruptRecord('The record is not JSON.')
  }
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new CorruptRecord('The record is no object.')
  return value as Readonly<Record<string, unknown>>
}

function string(value: unknown): string {
  if (typeof value !== 'string') throw new CorruptRecord('A field of the record is not a text.')
  return value
}

function number(value: unknown): number {
  if (typeof value !== 'number') throw new CorruptRecord('A field of the record is not a number.')
  return value
}

function oneOf<Value extends string>(value: unknown, values: readonly Value[]): Value {
  const found = values.find(candidate => candidate === value)
  if (found === undefined) throw new CorruptRecord('A field of the record is not known.')
  return found
}
