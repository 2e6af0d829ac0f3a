/** The signs in an answer's body by which rules recognise it. */
export type AnswerSigns = { readonly codes: readonly string[]; readonly types: readonly string[] }

/**
 * Error codes and types, from wherever servers put them: `code`, `error` (a string), `name`, `error.code`,
 * `error.type`, `error.errors[].reason` (GoCardless), `errors[].code`, `errors[].reason`, `errors[].extensions.code`
 * (GraphQL), and `type` (RFC 9457: problems differ by their type, never by `detail`).
 */
export function answerSigns(parsed: unknown): AnswerSigns {
  const top = object(parsed)
  if (top === undefined) return { codes: [], types: [] }
  const error = object(top['error'])
  const listed = [...list(top['errors']), ...list(error?.['errors'])]
  return {
    codes: texts([
      top['code'],
      top['error'],
      top['name'],
      top['errorCode'],
      top['error_code'],
      error?.['code'],
      error?.['reason'],
      ...listed.flatMap(item => [item['code'], item['reason'], object(item['extensions'])?.['code']]),
    ]),
    types: texts([top['type'], error?.['type'], ...listed.map(item => item['type'])]),
  }
}

function object(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
}

function list(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(object).filter(item => item !== undefined) : []
}

/** Servers write codes as strings or as numbers (Adyen's 704). A rule names either kind as a string. */
function texts(values: readonly unknown[]): readonly string[] {
  return values.flatMap(value =>
    typeof value === 'string' || typeof value === 'number' ? [String(value)] : [],
  )
}
