import { expect, test } from 'vitest'
import type { Seen } from '../load/verdict.ts'
import { verdictOf } from '../load/verdict.ts'

const made = { status: 201, body: '{"key":"k"}' }
const succeeded = { status: 200, body: '{"status":"succeeded"}' }
const unknown = { status: 409, body: '{"status":409,"code":"outcome-unknown"}' }
const absent = { status: 404, body: '{"status":404,"code":"key-unknown"}' }
const failed = { status: 200, body: '{"status":"failed"}' }
const refused = { status: 410, body: '{}' }
const right = { doubled: [], lost: [], untrue: [] }

test.each<
  [
    string,
    string[],
    Seen['answers'] extends ReadonlyMap<string, infer Told> ? Told : never,
    typeof made,
    object,
  ]
>([
  ['once and confirmed', ['k'], [made, made], succeeded, right],
  ['once and unknown', ['k'], [{ status: 500, body: '' }], unknown, right],
  ['never and never heard of', [], [], absent, right],
  ['twice', ['k', 'k'], [made], succeeded, { ...right, doubled: ['k'] }],
  ['confirmed without an effect', [], [made], unknown, { ...right, lost: ['k'] }],
  ['confirmed and then not known', ['k'], [made], unknown, { ...right, lost: ['k'] }],
  ['refused', ['k'], [refused], unknown, { ...right, untrue: ['k'] }],
  [
    'confirmed in two ways',
    ['k'],
    [made, { status: 201, body: '{"key":"k","by":2}' }],
    succeeded,
    { ...right, untrue: ['k'] },
  ],
  [
    'told of another key',
    ['k'],
    [{ status: 201, body: '{"key":"other"}' }],
    succeeded,
    { ...right, untrue: ['k'] },
  ],
  ['said to be unknown to it', ['k'], [], absent, { ...right, untrue: ['k'] }],
  ['said to have failed', ['k'], [], failed, { ...right, untrue: ['k'] }],
  ['said to have succeeded without an effect', [], [], succeeded, { ...right, untrue: ['k'] }],
])('an operation %s', (_, effects, told, status, verdict) => {
  const seen = { effects, answers: new Map([['k', told]]), statuses: new Map([['k', status]]) }
  expect(verdictOf(seen)).toEqual(verdict)
})
