import type { Findings, ProbedRule } from './judge.ts'
import type { KeyForm } from './observe.ts'

/** The text to print: a line for each question, and the profile to paste. */
export function reportOf(findings: Findings, keyHeader: string, form: KeyForm): string {
  const { lines } = findings
  const width = Math.max(...lines.map(([question]) => question.length))
  const report = lines
    .map(([question, answer]) => `${question.padEnd(width)}  ${line(answer)}`)
    .join('\n')
    .concat(`\n\n${certaintyOf(lines)}`)
  const profile = profileText(findings, keyHeader, form)
  return profile === undefined ? `${report}\n` : `${report}\n\n${profile}\n`
}

/** States which lines were observed, and which are only conclusions. */
function certaintyOf(lines: Findings['lines']): string {
  const likely = lines.filter(([, , certainty]) => certainty === 'likely').map(([question]) => question)
  return likely.length === 0
    ? 'All of this was seen.'
    : `Only likely, because it follows from bodies that are alike or are not: ${likely.join('; ')}.\nThe rest was seen.`
}

function profileText(
  { keys, marker, rules }: Findings,
  keyHeader: string,
  form: KeyForm,
): string | undefined {
  if (keys === 'unclear') return undefined
  if (keys === 'ignored' || keys === 'raced')
    return `import { noKeys } from 'stillonce'\n\nexport const profile = noKeys`
  const source = `'npx stillonce probe'`
  return [
    `import { defineProfile } from 'stillonce'`,
    '',
    'export const profile = defineProfile({',
    `  name: 'probed',`,
    '  honoursKeys: true,',
    ...(keyHeader === 'Idempotency-Key' ? [] : [`  header: ${quote(keyHeader)},`]),
    ...(form === 'raw' ? [] : [`  format: 'quoted',`]),
    '  retention: 86_400_000, // a day: a probe cannot see this: look into its documentation',
    ...(rules.length === 0 ? [] : ['  rules: [', ...rules.flatMap(rule => ruleText(rule, source)), '  ],']),
    ...(marker === undefined ? [] : [`  replayed: { ${fields(marker)} },`]),
    '})',
  ].join('\n')
}

function ruleText({ sign, means, conclusive }: ProbedRule, source: string): readonly string[] {
  const { status, code, type, header } = sign
  const by = [
    ...(code === undefined ? [] : [`code: ${quote(code)}`]),
    ...(type === undefined ? [] : [`type: ${quote(type)}`]),
    ...(header === undefined ? [] : [`header: { name: ${quote(header)} }`]),
  ]
  const rest = [
    `means: '${means}'`,
    ...(conclusive === true ? ['conclusive: true'] : []),
    `source: ${source}`,
  ]
  const rule = `    { ${[`status: ${status}`, ...by, ...rest].join(', ')} },`
  return means === 'unknown'
    ? [
        `    // The key was used. Where its documentation says that this names the success of it: 'exists'.`,
        rule,
      ]
    : [rule]
}

function line(text: string): string {
  return printable(text).replaceAll('\n', '\uFFFD')
}

function fields({ header, value }: NonNullable<Findings['marker']>): string {
  return value === undefined ? `header: ${quote(header)}` : `header: ${quote(header)}, value: ${quote(value)}`
}

/** Quotes a text for source code: nothing in the server's answer may end the string. */
function quote(text: string): string {
  const escaped = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(String.raw`\"`, '"')
    .replaceAll("'", String.raw`\'`)
  return `'${escaped.replaceAll('\u2028', String.raw`\u2028`).replaceAll('\u2029', String.raw`\u2029`)}'`
}

/** Makes a text safe for a terminal: nothing in the server's answer may control the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[^\P{C}\n]/gu, '\uFFFD')
}
