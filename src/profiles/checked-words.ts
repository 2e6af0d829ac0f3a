import type { AnswerWords, StatusWords } from '../core/answers/profile.ts'
import { configurationError } from '../public/errors.ts'
import { requireFields } from '../guards/option-checks.ts'

/* Checks a profile's `status` and `cancel`: the words with which its server responds. */

const LISTS = ['executed', 'notExecuted', 'sealed'] as const

export function requireStatusWords(words: StatusWords, path: string): void {
  requireWords(words, path, ['fetchesResult'])
  const { fetchesResult } = words
  if (fetchesResult !== undefined && typeof fetchesResult !== 'boolean')
    throw configurationError(`${path}.fetchesResult`, 'must be true or false')
}

export function requireCancelWords(words: AnswerWords, path: string): void {
  requireWords(words, path, [])
}

function requireWords(words: AnswerWords, path: string, more: readonly string[]): void {
  requireFields(words, ['field', ...LISTS, 'processing', ...more], path)
  const { field, processing } = words
  if (field !== undefined && !isPath(field))
    throw configurationError(
      `${path}.field`,
      'must be the name of a field, or names and indices joined by dots',
    )
  const lists: Partial<Record<(typeof LISTS)[number] | 'processing', readonly string[]>> = {}
  for (const name of LISTS) {
    const list = words[name]
    if (list !== undefined) lists[name] = textList(list, `${path}.${name}`)
  }
  if (processing !== undefined && processing !== 'others')
    lists.processing = textList(processing, `${path}.processing`)
  refuseTwice(lists, path)
}

/** A word with two meanings has none. */
function refuseTwice(lists: Readonly<Record<string, readonly string[]>>, path: string): void {
  const seen = new Map<string, string>()
  for (const [name, list] of Object.entries(lists)) {
    for (const word of list.map(said => said.toLowerCase().replaceAll(/[ \t_-]/g, ''))) {
      const before = seen.get(word)
      if (before !== undefined && before !== name)
        throw configurationError(
          `${path}.${name}`,
          `says of "${word}" something else than ${before}: name it in one list`,
        )
      seen.set(word, name)
    }
  }
}

/** A JSONPath, a JSON Pointer or a trailing blank would name a field that no response has, and never match. */
export function isPath(field: unknown): field is string {
  return typeof field === 'string' && field.split('.').every(name => NAME.test(name) && !/^[$@]$/.test(name))
}

/** A name or an index, with at most single blanks inside. */
const NAME = /^[\p{L}\p{N}_$@:-]+(?: [\p{L}\p{N}_$@:-]+)*$/u

function textList(list: unknown, path: string): readonly string[] {
  if (!Array.isArray(list) || list.some(word => typeof word !== 'string' || !/[^\s_-]/.test(word)))
    throw configurationError(path, 'must be a list of texts')
  return list
}
