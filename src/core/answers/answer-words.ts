import { fieldOf, isThere } from './answer-forms.ts'
import type { AnswerWords, Profile } from './profile.ts'

/*
 * The word in which a server reports the state of an operation. Only closed lists count: a word that is in none of them
 * proves nothing, whatever it may mean to a reader.
 */

/** What a word means. */
export type WordMeaning = 'executed' | 'not-executed' | 'processing' | 'sealed' | 'unknown'

/** The word of an answer as the server wrote it, and its meaning; `none` if the field is missing. */
export type Word =
  | { readonly kind: 'word'; readonly said: string; readonly means: WordMeaning }
  | { readonly kind: 'no-word'; readonly reason: string }
  | { readonly kind: 'none' }

/** The lists of words, each word in the form in which words are compared. */
export type WordLists = {
  readonly executed: ReadonlySet<string>
  readonly notExecuted: ReadonlySet<string>
  readonly processing: ReadonlySet<string> | 'others'
  readonly sealed: ReadonlySet<string>
}

const PROCESSING = [
  'accepted',
  'in progress',
  'not started',
  'pending',
  'processing',
  'queued',
  'running',
  'waiting',
]

const PROGRESS = wordSet(PROCESSING)

/** For a status answer, if the profile gives no list of its own. */
export const STATUS_WORDS: WordLists = {
  executed: wordSet(['succeeded', 'completed', 'done', 'executed']),
  notExecuted: wordSet(['failed', 'canceled', 'cancelled', 'rejected']),
  processing: wordSet(PROCESSING),
  sealed: wordSet([]),
}

/**
 * For a cancel answer. "Succeeded" may be about the cancel as well as about the operation, and so may "failed". Both
 * count only if the profile lists them.
 */
export const CANCEL_WORDS: WordLists = {
  executed: wordSet([]),
  notExecuted: wordSet([]),
  processing: wordSet(PROCESSING),
  sealed: wordSet(['canceled', 'cancelled', 'sealed']),
}

/**
 * The profile's lists in place of the usual ones. A word in one of the profile's lists loses the meaning that a usual
 * list gives it.
 */
export function wordLists(own: AnswerWords | undefined, usual: WordLists): WordLists {
  if (own === undefined) return usual
  const { executed, notExecuted, processing, sealed } = own
  const listed = [executed, notExecuted, sealed, processing === 'others' ? [] : processing]
  const explained = wordSet(listed.flatMap(list => list ?? []))
  const rest = (words: ReadonlySet<string>) => new Set([...words].filter(word => !explained.has(word)))
  const listOr = (list: readonly string[] | undefined, words: ReadonlySet<string>) =>
    list === undefined ? rest(words) : wordSet(list)
  return {
    executed: listOr(executed, usual.executed),
    notExecuted: listOr(notExecuted, usual.notExecuted),
    processing:
      processing === 'others' || usual.processing === 'others'
        ? 'others'
        : listOr(processing, usual.processing),
    sealed: listOr(sealed, usual.sealed),
  }
}

/**
 * The word in the profile's field. If the profile names none, the word in the top-level `status`, else in `state`, in
 * any case of letters.
 */
export function wordOf(
  said: Readonly<Record<string, unknown>>,
  field: string | undefined,
  lists: WordLists,
): Word {
  if (field === undefined && isSpelledTwice(said))
    return { kind: 'no-word', reason: 'the status is there twice, in other letters, and says two things' }
  const state = field === undefined ? fieldOf(said, 'state') : undefined
  const value = field === undefined ? (fieldOf(said, 'status') ?? state) : at(said, field)
  if (value === undefined || value === null) return { kind: 'none' }
  if (typeof value !== 'string') return { kind: 'no-word', reason: 'the status is not a text' }
  const means = meaningOf(compared(value), lists)
  const beside = typeof state === 'string' ? meaningOf(compared(state), lists) : means
  // The field `state` may describe anything, even a region. But if it holds a known word with another meaning than
  // `status`, nothing is known. Beside a status that means "no", any other word in `state` has that effect.
  const counts = means !== 'unknown' && means !== 'processing'
  if (counts && beside !== means && (means !== 'executed' || isListed(state, lists)))
    return { kind: 'no-word', reason: '`status` says something else than `state`' }
  const denying = counts ? Object.keys(said).find(name => denies(said[name], name, means, lists)) : undefined
  if (denying !== undefined)
    return { kind: 'no-word', reason: `the status says something else than \`${shownWord(denying)}\`` }
  return { kind: 'word', said: value, means }
}

/** Whether `status` stands beside `Status` with another value, so that nobody knows which of them counts. */
function isSpelledTwice(said: Readonly<Record<string, unknown>>): boolean {
  return ['status', 'state'].some(
    name =>
      new Set(
        Object.keys(said)
          .filter(own => own.toLowerCase() === name && isThere(said[own]))
          .map(own => said[own]),
      ).size > 1,
  )
}

/**
 * Whether a flag that is named after a word contradicts the status: `cancelled: false` beside "cancelled", `failed:
 * true` beside "succeeded", `executed: true` beside "cancelled". Words of success count here even if the lists have
 * none, as those of a cancel. `done` is checked elsewhere.
 */
function denies(flag: unknown, name: string, means: WordMeaning, lists: WordLists): boolean {
  if (typeof flag !== 'boolean' || compared(name) === 'done') return false
  const isOwn = isListed(name, lists)
  if (!isOwn && !STATUS_WORDS.executed.has(compared(name))) return false
  const flagged = isOwn ? meaningOf(compared(name), lists) : 'executed'
  if (!flag) return flagged === means
  return means === 'executed' ? isNo(flagged) : isNo(means) && flagged === 'executed'
}

function isNo(means: WordMeaning): boolean {
  return means === 'not-executed' || means === 'sealed'
}

function isListed(word: unknown, { executed, notExecuted, processing, sealed }: WordLists): boolean {
  if (typeof word !== 'string') return false
  const known = [executed, notExecuted, sealed, processing === 'others' ? PROGRESS : processing]
  return known.some(list => list.has(compared(word)))
}

/** Whether the usual list has a word as one of progress. */
export function isUsualProgress(word: string): boolean {
  return PROGRESS.has(compared(word))
}

/** A word as an error's message may show it: short, and without characters that could make it more than a word. */
export function shownWord(said: string): string {
  const plain = said.replaceAll(/[^\w .:/-]/g, '?')
  return plain.length > LONGEST_SHOWN ? `${plain.slice(0, LONGEST_SHOWN)}…` : plain
}

const LONGEST_SHOWN = 40

function meaningOf(word: string, lists: WordLists): WordMeaning {
  if (lists.sealed.has(word)) return 'sealed'
  if (lists.executed.has(word)) return 'executed'
  if (lists.notExecuted.has(word)) return 'not-executed'
  if (lists.processing === 'others') return 'processing'
  return lists.processing.has(word) ? 'processing' : 'unknown'
}

/**
 * Ignores the case, spaces, hyphens and underscores of ASCII. A letter that only looks like an ASCII letter stays
 * another letter.
 */
function compared(word: string): string {
  return word.replaceAll(/[ \t_-]/g, '').replaceAll(/[A-Z]/g, letter => letter.toLowerCase())
}

function wordSet(words: readonly string[]): ReadonlySet<string> {
  return new Set(words.map(compared))
}

/**
 * The word in which a resource of Azure reports how far its creation has come. (ARM, "Asynchronous operations": the
 * resource with which a PUT answers may still be in the making, as its `properties.provisioningState` then shows.)
 */
export function provisioningOf(parsed: unknown, { status }: Pick<Profile, 'status'>): Word {
  if (status?.fetchesResult !== true || typeof parsed !== 'object' || parsed === null) return { kind: 'none' }
  const said = parsed as Readonly<Record<string, unknown>>
  return wordOf(said, 'properties.provisioningState', wordLists(status, STATUS_WORDS))
}

/** The value at a path, whose names are joined by dots. */
function at(said: Readonly<Record<string, unknown>>, path: string): unknown {
  let value: unknown = said
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return value
}
