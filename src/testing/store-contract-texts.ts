import {
  create,
  listed,
  must,
  OPEN,
  same,
  SETTLED,
  storeCase,
  update,
  type StoreCase,
} from './store-contract-case.ts'

const VALUES: readonly (readonly [name: string, value: string])[] = [
  ['empty', ''],
  ['blanks', ' \t\r\n '],
  ['quotes', `'"\`\\'; DROP TABLE records; --`],
  ['escapes', '%s %d $1 ?1 :name @name {} \\u0000 &amp;'],
  ['hostile JSON', '{"__proto__":{"polluted":true},"constructor":1}'],
  ['JSON in a form of its own', '{ "b": 1.0, "a": 9007199254740993, "b": 2 }'],
  ['accents, composed and not', '\u00e9 e\u0301'],
  ['beyond the first plane', '😀👩‍👩‍👧‍👦 𝒳 \u{10FFFF}'],
  ['line separators', 'a\u2028b\u2029c\ufeffd'],
  ['marks of byte order at both ends', '\ufeffa\ufeff'],
  ['line ends of all kinds', '\r\na\rb\nc\r\n'],
  ['half a URL', 'a%2Fb+c?d#e//f/../g&amp;'],
  ['a number', '00012345678901234567890.10'],
  ['a mebibyte', 'é'.repeat(524_288)],
]

/** A key consists of an operation's scope, name and id, and an id may be as long as an address or a signature. */
const LENGTHS = [255, 1_000, 1_024, 2_000]

/** Groups of keys that a store confuses if it treats keys as URLs, paths, form fields or lines. */
const ALIKE: readonly (readonly string[])[] = [
  ['u', 'u?x', 'u?x=1', 'u?x=2', 'u#x', 'u#y', 'u&x', 'u;x'],
  [
    'c:d',
    'c/d',
    'c|d',
    'c\\d',
    'c.d',
    'c_d',
    'c-d',
    'c d',
    'c+d',
    'c%20d',
    'c%2Fd',
    'c%2fd',
    'c%252Fd',
    'c%3Ad',
  ],
  [
    'p//q',
    'p/q',
    'p/q/',
    'p/q//',
    '/p/q',
    'p/./q',
    'p/r/../q',
    './p/q',
    '../p/q',
    'p/q/.',
    'p/q/..',
    '.',
    '..',
  ],
  ['e', 'e\t', 'e\n', 'e\r\n', '\te', 'e\ufeff', '\ufeffe', 'e\u00a0', 'e\u200b', 'e\u0085', 'e\u3000', 'e.'],
  ['\ufb01', 'fi', '\uff11', '\u00b2', '2', '\u212b', '\u00c5', '\u0130', 'i'],
  ['k*', 'k%', 'k$', "k'", 'k"', 'k`', 'k,l', 'k=l', 'k@l', 'k~l', '{k}', '[k]', '<k>'],
  LENGTHS.flatMap(length => [`${'k'.repeat(length)}1`, `${'k'.repeat(length)}2`]),
]

const KEYS = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'a',
  'A',
  'a ',
  ' a',
  'a/',
  'é',
  'e\u0301',
  'ß',
  'ss',
  '1',
  '01',
  '😀',
  'x'.repeat(512),
  `${'x'.repeat(511)}y`,
  ...ALIKE.flat(),
]

/** UTF-8 cannot encode half a surrogate pair, and some stores end a text at a NUL. */
const UNUSUAL = ['\ufffd', 'a\0b', 'a\0c', '\0', '\ud800', '\udbff', 'a\udc00b', '\ude00\ud83d']

/** Text comes back exactly as it was written. */
export const textCases: readonly StoreCase[] = [
  storeCase('any text comes back as it was', async ({ store, other, key }) => {
    for (const [name, value] of VALUES) {
      const version = await create(store, key(name), value, OPEN)
      same((await other.get(key(name)))?.value === value, true, `The same text from get (${name})`)
      const [found] = await listed(other.listOpen(key(name)))
      same(found?.value === value, true, `The same text from listOpen (${name})`)
      await update(store, key(name), `${value}!`, { expected: version, ...SETTLED })
      same(
        (await other.get(key(name)))?.value === `${value}!`,
        true,
        `The same text from get after a write (${name})`,
      )
    }
  }),

  storeCase(
    'keys that look alike, or like properties of objects, are different keys',
    async ({ store, key }) => {
      for (const name of KEYS)
        same(await store.get(key(name)), undefined, `get of the unwritten key "…${name}"`)
      for (const name of KEYS) await create(store, key(name), `value of ${name}`, OPEN)
      for (const name of KEYS)
        same((await store.get(key(name)))?.value, `value of ${name}`, `get of the key "…${name}"`)
    },
  ),

  storeCase('a key without a prefix is a key too', async ({ store, prefix }) => {
    const unique = prefix.replaceAll('/', '-')
    for (const bare of [`__proto__${unique}`, unique, `/${unique}`, `${unique}/`]) {
      const version = await create(store, bare, bare, OPEN)
      same((await store.get(bare))?.value, bare, `get of the key "${bare}"`)
      const found = []
      for await (const record of store.listOpen(bare)) found.push(record.key)
      same(found.includes(bare), true, 'Whether listOpen of a whole key holds it')
      same(await store.delete(bare, { expected: version }), true, `delete of the key "${bare}"`)
    }
    for (const name of ['__proto__', 'constructor']) {
      const found = await store.get(name)
      must(
        found === undefined || typeof found.value === 'string',
        `get("${name}") must not give a property of an object`,
      )
    }
  }),

  storeCase('text that the store cannot hold is refused, never altered', async ({ store, key }) => {
    for (const [index, text] of UNUSUAL.entries()) {
      const shown = JSON.stringify(text)
      const kept = await settle(store.set(key(`value ${index}`), text, { expected: null, ...OPEN }))
      const found = await store.get(key(`value ${index}`))
      const isWhole = kept === 'rejected' ? found === undefined : found?.value === text
      must(
        isWhole,
        `The value ${shown} must come back as it was, or be refused; get gave ${JSON.stringify(found?.value)}`,
      )
    }
    const names = UNUSUAL.map(text => key(`key ${text}`))
    const writes = []
    for (const name of names) writes.push(await settle(store.set(name, name, { expected: null, ...OPEN })))
    for (const [index, name] of names.entries()) {
      if (writes[index] === 'rejected') continue
      const found = await store.get(name)
      must(found?.value === name, `The key ${JSON.stringify(name)} must be a key of its own, or be refused`)
    }
  }),
]

async function settle(write: Promise<unknown>): Promise<'resolved' | 'rejected'> {
  try {
    await write
    return 'resolved'
  } catch {
    return 'rejected'
  }
}
