import { fieldOf, isThere } from './answer-forms.ts'
import type { AnswerWords, Profile } from './profile.ts'

/*
 * The word in which a server says how it stands with an operation. Only closed lists count: a word that is in none of
 * them says nothing, whatever it may mean to a reader.
 */

/** What a word says. */
export type WordMeaning = 'executed' | 'not-executed' | 'processing' | 'sealed' | 'unknown'

/** The word of an answer as the server wrote it, and what it says; `none` where the field is not there. */
export type Word =
  | { readonly kind: 'word'; readonly said: string; readonly means: WordMeaning }
  | { readonly kind: 'no-word'; readonly reason: string }
  | { readonly kind: 'none' }

/** Each list in the form in which words are compared. */
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

/** For a status answer, where the profile gives no list of its own. */
export const STATUS_WORDS: WordLists = {
  executed: wordSet(['succeeded', 'completed', 'done', 'executed']),
  notExecuted: wordSet(['failed', 'canceled', 'cancelled', 'rejected']),
  processing: wordSet(PROCESSING),
  sealed: wordSet([]),
}

/**
 * For a cancel answer. "Succeeded" may be said of the cancel as well as of the operation, and "failed" too: they count
 * only where the profile lists them.
 */
export const CANCEL_WORDS: WordLists = {
  executed: wordSet([]),
  notExecuted: wordSet([]),
  processing: wordSet(PROCESSING),
  sealed: wordSet(['canceled', 'cancelled', 'sealed']),
}

/** The profile's lists in the place of the usual ones. A word in one of them says nothing else by a usual list. */
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

/** The word in the profile's field; without one in the top-level `status`, else in `state`, in any case of letters. */
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
  // `state` may be anything's, a region's too; but a known word in it that says something else leaves nothing known, and
  // beside a "no" every other word does.
  const counts = means !== 'unknown' && means !== 'processing'
  if (counts && beside !== means && (means !== 'executed' || isListed(state, lists)))
    return { kind: 'no-word', reason: '`status` says something else than `state`' }
  const denying = counts ? Object.keys(said).find(name => denies(said[name], name, means, lists)) : undefined
  if (denying !== undefined)
    return { kind: 'no-word', reason: `the status says something else than \`${shownWord(denying)}\`` }
  return { kind: 'word', said: value, means }
}

/** `status` beside `Status` with another value: nobody knows which of them counts. */
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
 * A flag named by a word: `cancelled: false` beside "cancelled", `failed: true` beside "succeeded", `executed: true` beside
 * "cancelled", also where the lists have no word of success, as those of a cancel. `done` is apart.
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

/** Whether a word is one of progress by the usual list. */
export function isUsualProgress(word: string): boolean {
  return PROGRESS.has(compared(word))
}

/** A word as an error's message may show it: short, and without what could pass for more than a word. */
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

/** Case, spaces, hyphens and underscores of ASCII do not matter; a letter that only looks like one of it does. */
function compared(word: string): string {
  return word.replaceAll(/[ \t_-]/g, '').replaceAll(/[A-Z]/g, letter => letter.toLowerCase())
}

function wordSet(words: readonly string[]): ReadonlySet<string> {
  return new Set(words.map(compared))
}

/**
 * The word in which Azure's resources say how far their making is (ARM, "Asynchronous operations": a resource that a PUT
 * answers with may still be in the making, and says so in `properties.provisioningState`).
 */
export function provisioningOf(parsed: unknown, { status }: Pick<Profile, 'status'>): Word {
  if (status?.fetchesResult !== true || typeof parsed !== 'object' || parsed === null) return { kind: 'none' }
  const said = parsed as Readonly<Record<string, unknown>>
  return wordOf(said, 'properties.provisioningState', wordLists(status, STATUS_WORDS))
}

/** A field by its path, its names joined by dots. */
function at(said: Readonly<Record<string, unknown>>, path: string): unknown {
  let value: unknown = said
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return value
}
