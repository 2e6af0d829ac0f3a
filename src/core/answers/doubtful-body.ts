import { formOf } from './body-form.ts'
import type { Answer, Evidence } from './evidence.ts'

/** If two reads under one key agree on a body of doubtful length, both have read all of it. */
export function sameDoubtfulBody(evidence: Evidence, last: Answer | undefined): Evidence {
  if (evidence.kind !== 'answer' || evidence.body.kind !== 'cut' || evidence.body.why !== 'doubtful')
    return evidence
  const before = last?.body
  const { text } = evidence.body
  if (before?.kind !== 'cut' || before.why !== 'doubtful' || before.text !== text) return evidence
  const parsed = wholeValue(text)
  const isData = parsed !== undefined
  const form = isData ? 'json' : formOf(text, evidence.headers['content-type'])
  return { ...evidence, body: { kind: 'whole', text, parsed: isData ? parsed : text, form } }
}

function wholeValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
