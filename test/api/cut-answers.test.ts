import { describe, expect, test } from 'vitest'
import { answerBody, answerHeaders, readBody } from '../../src/engine/answer/body.ts'

/* What is read of a body, where the transport itself tells of no cut: proxies and browsers make some look whole. */

type Rules = Parameters<typeof readBody>[1]

async function read(
  body: BodyInit | null,
  headers: Readonly<Record<string, string>>,
  init: { readonly status?: number } & Partial<Rules> = {},
) {
  const { status = 200, ...rules } = init
  const response = new Response(body, { status, headers: { 'transfer-encoding': 'chunked', ...headers } })
  if (headers['content-type'] === undefined) response.headers.delete('content-type')
  const told = answerHeaders(response)
  const bytes = await readBody(response, {
    headers: told,
    limitBytes: 4_096,
    framingVisible: true,
    method: 'POST',
    ...rules,
  })
  const { kind, ...rest } = answerBody(bytes, told['content-type'])
  return kind === 'cut'
    ? `cut: ${'why' in rest ? rest.why : ''}`
    : `whole: ${'form' in rest ? rest.form : ''}`
}

const json = { 'content-type': 'application/json' }

describe.each([true, false])('framing visible: %s', framingVisible => {
  test.each<[string, BodyInit | null, Readonly<Record<string, string>>, string]>([
    ['an object', '{"a":1}', json, 'whole: json'],
    ['with the mark of UTF-8', '\uFEFF{"a":1}', json, 'whole: json'],
    ['half an object', '{"a":1', json, 'cut: unparsed'],
    ['half a word', 'tru', json, 'cut: unparsed'],
    ['half a number that is none', '1e', json, 'cut: unparsed'],
    ['what is no JSON at all', 'not json', json, 'cut: unparsed'],
    ['half an object of no type', ' {"a":', {}, 'cut: unparsed'],
    ['half a list called text', '[1,2', { 'content-type': 'text/plain' }, 'cut: unparsed'],
    ['half a string called text', '"ab', { 'content-type': 'text/plain' }, 'cut: unparsed'],
    ['a word', 'true', json, 'whole: json'],
    ['a string', '"ab"', json, 'whole: json'],
    ['a number without a length, which may be half of one', '12', json, 'cut: doubtful'],
    ['a number with its length', '12', { ...json, 'content-length': '2' }, 'whole: json'],
    ['nothing, called JSON, without a length', '', json, 'cut: connection'],
    ['nothing, called JSON, of length 0', '', { ...json, 'content-length': '0' }, 'whole: other'],
    ['nothing', '', {}, 'whole: other'],
    ['a text', 'no such order', { 'content-type': 'text/plain' }, 'whole: other'],
    ['a page called JSON', '<html>', json, 'whole: html'],
    ['XML', '<error/>', { 'content-type': 'text/xml' }, 'whole: other'],
    ['half an XML', '<error><mess', { 'content-type': 'text/xml' }, 'cut: unparsed'],
    ['lines of JSON', '{"a":1}\n{"b":2}', { 'content-type': 'application/x-ndjson' }, 'whole: other'],
    ['half a line of JSON', '{"a":1}\n{"b', { 'content-type': 'application/x-ndjson' }, 'cut: unparsed'],
    [
      'half a character',
      new Uint8Array([0x67, 0x72, 0xc3]),
      { 'content-type': 'text/plain' },
      'cut: unparsed',
    ],
    [
      'a character of its charset',
      new Uint8Array([0x67, 0xe9]),
      { 'content-type': 'text/plain; charset=latin1' },
      'whole: other',
    ],
    ['a charset that nobody knows', 'x', { 'content-type': 'text/plain; charset=nonsense' }, 'whole: other'],
    ['a page in UTF-16', new Uint8Array([0xff, 0xfe, 0x3c, 0, 0x62, 0, 0x3e, 0]), {}, 'whole: html'],
    [
      'the same, the other way round',
      new Uint8Array([0xfe, 0xff, 0, 0x3c, 0, 0x62, 0, 0x3e]),
      {},
      'whole: html',
    ],
    ['bytes', new Uint8Array([8, 1, 18, 0]), { 'content-type': 'application/x-protobuf' }, 'whole: binary'],
  ])('%s', async (_, body, headers, expected) => {
    expect(await read(body, headers, { framingVisible })).toBe(expected)
  })
})

describe('less than was announced', () => {
  test.each<[string, string, { status?: number } & Partial<Rules>, Readonly<Record<string, string>>, string]>(
    [
      ['is cut', '5', {}, {}, 'cut: connection'],
      ['is not where it is all', '4', {}, {}, 'whole: other'],
      ['is not where the text was packed', '5', {}, { 'content-encoding': 'gzip' }, 'whole: other'],
      [
        'is not where nobody can tell whether it was packed',
        '5',
        { framingVisible: false },
        {},
        'whole: other',
      ],
      ['is not where the length is none', '5, 5', {}, {}, 'whole: other'],
    ],
  )('%s', async (_, length, rules, more, expected) => {
    const headers = { 'content-type': 'text/plain', 'content-length': length, ...more }
    expect(await read('text', headers, rules)).toBe(expected)
  })

  test.each([
    ['to a HEAD', { method: 'HEAD' }],
    ['in a 204', { status: 204 }],
    ['in a 304', { status: 304 }],
  ] as const)('is not, where there is no body: %s', async (_, rules) => {
    expect(await read(null, { 'content-length': '5', ...json }, rules)).toBe('whole: other')
  })
})
