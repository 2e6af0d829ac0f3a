import { answerSigns } from '../core/answer-signs.ts'
import type { Observations, Seen } from './observe.ts'

/** What the observations tell, a sentence each, and the profile that says the same. */
export type Findings = {
  readonly keys: 'honoured' | 'ignored' | 'refused' | 'unclear'
  readonly lines: readonly (readonly [question: string, answer: string])[]
  readonly profile: string | undefined
}

type RuleText = { readonly status: number; readonly sign: string; readonly means: string }

/** Pure: what was seen in, what it means out. */
export function judgeProbe(seen: Observations, keyHeader: string): Findings {
  const keys = honoured(seen)
  const marker = markerOf(seen)
  const format = isSame(seen.repeated[0], seen.quoted)
    ? 'raw and quoted are the same key'
    : `the key in quotes is another key, or none (${seen.quoted.status})`
  const lines: [string, string][] = [
    ['The same key twice', KEYS[keys]],
    ['The mark of a replay', marker === undefined ? 'none' : `${marker.header}: ${marker.value}`],
    ['The form of the key', format],
    ['Two at once', concurrentWord(seen)],
    ['Another payload under a key', otherBodyWord(seen)],
    ['A refusal', refusalWord(seen)],
    ['Without a key', isSuccess(seen.withoutKey) ? 'performed' : `refused with ${seen.withoutKey.status}`],
  ]
  const rules = keys === 'honoured' ? rulesOf(seen) : []
  return { keys, lines, profile: profileText(keys, keyHeader, marker, rules) }
}

const KEYS: Readonly<Record<Findings['keys'], string>> = {
  honoured: 'honoured: the second answer is the first one, another key gets another',
  ignored: 'ignored: each request was performed. Do not send again to this server',
  refused: 'the request itself was refused, so nothing can be told: try a body that succeeds',
  unclear: 'cannot be told: another key gets the same answer, too. Look into the server',
}

function honoured(seen: Observations): Findings['keys'] {
  const [first, second] = seen.repeated
  if (!isSuccess(first)) return 'refused'
  if (markerOf(seen) !== undefined) return 'honoured'
  if (isSame(first, second)) return isSame(first, seen.otherKey) ? 'unclear' : 'honoured'
  // A conflict names the key as used: it was honoured, though not replayed.
  return isSuccess(second) ? 'ignored' : 'honoured'
}

/** A header that only the second of two equal requests has. */
function markerOf(seen: Observations): { readonly header: string; readonly value: string } | undefined {
  const [first, second] = seen.repeated
  for (const [header, value] of Object.entries(second.headers))
    if (/replay|idempot/.test(header) && first.headers[header] !== value) return { header, value }
  return undefined
}

function concurrentWord({ concurrent }: Observations): string {
  const [one, other] = concurrent
  if (isSuccess(one) && isSuccess(other))
    return isSame(one, other) ? 'one waits for the other’s answer' : 'both were performed: a race'
  const loser = isSuccess(one) ? other : one
  const wait = loser.headers['retry-after']
  return `one is told ${loser.status}${signOf(loser)}${wait === undefined ? '' : `, Retry-After ${wait}`}`
}

function otherBodyWord({ repeated, otherBody }: Observations): string {
  if (!isSuccess(otherBody)) return `refused with ${otherBody.status}${signOf(otherBody)}`
  return isSame(repeated[0], otherBody) ? 'the first answer again, silently' : 'performed'
}

function refusalWord({ refused: [first, then] }: Observations): string {
  if (isSuccess(first)) return 'not seen: the server took what should be refused'
  if (isSuccess(then)) return `${first.status} is not stored: the key is free after it`
  return isSame(first, then)
    ? `${first.status} is stored and given again`
    : `${first.status}, then ${then.status}${signOf(then)} to the good body`
}

function rulesOf(seen: Observations): readonly RuleText[] {
  const rules: RuleText[] = []
  const loser = seen.concurrent.find(one => !isSuccess(one))
  if (loser !== undefined && loser.status < 500) rules.push(ruleOf(loser, 'processing'))
  if (!isSuccess(seen.otherBody) && seen.otherBody.status < 500)
    rules.push(ruleOf(seen.otherBody, 'mismatch'))
  return rules
}

function ruleOf(seen: Seen, means: string): RuleText {
  const { codes, types } = answerSigns(parsedBody(seen))
  const [code] = codes
  const type = types.find(one => one !== 'about:blank')
  const header = seen.headers['retry-after'] === undefined ? '' : `, header: { name: 'retry-after' }`
  const byType = type === undefined ? header : `, type: ${quote(type)}`
  return { status: seen.status, sign: code === undefined ? byType : `, code: ${quote(code)}`, means }
}

function profileText(
  keys: Findings['keys'],
  keyHeader: string,
  marker: { readonly header: string; readonly value: string } | undefined,
  rules: readonly RuleText[],
): string | undefined {
  if (keys === 'refused' || keys === 'unclear') return undefined
  if (keys === 'ignored') return `import { noKeys } from 'stillonce' // profile: noKeys`
  return [
    `import { defineProfile } from 'stillonce'`,
    '',
    'export const profile = defineProfile({',
    `  name: 'probed',`,
    '  honoursKeys: true,',
    `  header: ${quote(keyHeader)},`,
    '  retention: 86_400_000, // from its documentation: a probe cannot tell',
    '  rules: [',
    ...rules.map(
      ({ status, sign, means }) => `    { status: ${status}${sign}, means: '${means}', source: 'probed' },`,
    ),
    '  ],',
    ...(marker === undefined
      ? []
      : [`  replayed: { header: ${quote(marker.header)}, value: ${quote(marker.value)} },`]),
    '})',
  ].join('\n')
}

function signOf(seen: Seen): string {
  const { codes, types } = answerSigns(parsedBody(seen))
  const sign = codes[0] ?? types[0]
  return sign === undefined ? '' : ` ${sign}`
}

/** It goes into source text: nothing of the server's answer may end the string. */
function quote(text: string): string {
  return `'${JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(String.raw`\"`, '"')
    .replaceAll("'", String.raw`\'`)}'`
}

function isSuccess({ status }: Seen): boolean {
  return status >= 200 && status < 300
}

function isSame(one: Seen, other: Seen): boolean {
  return one.status === other.status && one.body === other.body
}

function parsedBody({ body }: Seen): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch {
    return undefined
  }
}
