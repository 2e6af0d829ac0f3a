import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseSync, type Node } from 'oxc-parser'
import { boundNames } from './bound-names.ts'

/** What a page may not have: where it is used, and what it is. */
export type TooNew = { readonly line: number; readonly what: string }

/**
 * Baseline by compatibility key (`api.URL.parse_static`): `high` is "widely available", in all core browsers for
 * 30 months. Source: web-features, the data of the W3C WebDX group; the pinned release says what holds today.
 */
const baselines = new Map<string, 'high' | 'low' | false>()
type Status = { readonly baseline: 'high' | 'low' | false }
type Feature = { readonly status?: { readonly by_compat_key?: Readonly<Record<string, Status>> } }
const data = fileURLToPath(import.meta.resolve('web-features/data.json'))
const { features } = JSON.parse(readFileSync(data, 'utf8')) as {
  readonly features: Readonly<Record<string, Feature>>
}
for (const { status } of Object.values(features)) {
  for (const [key, { baseline }] of Object.entries(status?.by_compat_key ?? {})) baselines.set(key, baseline)
}

/** By the name of a member, whether any interface that has it is widely available: nobody knows the object's type. */
const members = new Map<string, boolean>()
for (const [key, baseline] of baselines) {
  const [, name] = /^(?:api|javascript\.builtins)\.\w+\.(\w+?)$/.exec(key) ?? []
  if (name === undefined || name.endsWith('_static') || name.endsWith('_event')) continue
  members.set(name, (members.get(name) ?? false) || baseline === 'high')
}

/** Methods of this package that a new interface happens to have too. */
const OWN_METHODS = new Set(['bytes', 'forget', 'inspect', 'lock', 'run', 'take', 'use', 'watch'])

/** Objects of a page whose interface has another name. */
const INTERFACES: Readonly<Record<string, string>> = {
  crypto: 'Crypto',
  document: 'Document',
  location: 'Location',
  navigator: 'Navigator',
  performance: 'Performance',
}

/** Never in Baseline because it is discouraged, and in every browser all the same (ECMA-262, Annex B). */
const OF_OLD = new Set(['javascript.builtins.String.substr'])

/**
 * What is not widely available and can be taken away, as paths from the global object: of the language, and static
 * methods. Methods of the platform's own objects stay: Node's streams are made of them.
 */
export function namesTooNew(): readonly string[] {
  const names: string[] = []
  for (const [key, baseline] of baselines) {
    if (baseline === 'high' || OF_OLD.has(key)) continue
    const ofLanguage = /^javascript\.builtins\.([A-Z]\w*)\.(\w+)$/.exec(key)
    if (ofLanguage !== null)
      names.push(`${ofLanguage[1]}.${ofLanguage[2]}`, `${ofLanguage[1]}.prototype.${ofLanguage[2]}`)
    const ofPlatform = /^api\.([A-Z]\w*)\.(\w+)_static$/.exec(key)
    if (ofPlatform !== null) names.push(`${ofPlatform[1]}.${ofPlatform[2]}`)
  }
  return names
}

/** What a file uses that is not in every browser of Baseline "widely available". */
export function tooNew(file: string, source: string): readonly TooNew[] {
  const { program, errors } = parseSync(file, source, { sourceType: 'module' })
  if (errors[0] !== undefined) return [{ line: 0, what: `a syntax error: ${errors[0].message}` }]
  const found: TooNew[] = []
  const visit = (node: Node, parent: Node | undefined, bound: ReadonlySet<string>): void => {
    const inside = new Set([...bound, ...boundNames(node)])
    const what = useOf(node, parent, inside)
    if (what !== undefined) found.push({ line: source.slice(0, node.start).split('\n').length, what })
    for (const value of Object.values(node)) {
      const children: readonly unknown[] = Array.isArray(value) ? value : [value]
      for (const child of children) if (isCode(child)) visit(child, node, inside)
    }
  }
  visit(program, undefined, new Set())
  return found
}

/** Types are gone when the page runs. */
function isCode(value: unknown): value is Node {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false
  const { type } = value as { readonly type: unknown }
  const isExpression = ['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression'].includes(
    String(type),
  )
  return typeof type === 'string' && (!type.startsWith('TS') || isExpression)
}

function useOf(node: Node, parent: Node | undefined, bound: ReadonlySet<string>): string | undefined {
  if (node.type === 'NewExpression' || node.type === 'CallExpression') {
    const { callee } = node
    const isGlobal = callee.type === 'Identifier' && !bound.has(callee.name)
    return isGlobal ? tooNewGlobal(callee.name) : undefined
  }
  if (node.type !== 'MemberExpression' || node.computed || node.property.type !== 'Identifier')
    return undefined
  const { object, property } = node
  if (object.type === 'Identifier' && object.name === 'globalThis') return tooNewGlobal(property.name)
  if (object.type === 'Identifier' && !bound.has(object.name)) {
    const said = ofInterface(INTERFACES[object.name] ?? object.name, property.name)
    if (said !== undefined) return said ? undefined : `${object.name}.${property.name}`
  }
  // What is only read may be a name of ours.
  const isCalled = parent?.type === 'CallExpression' && parent.callee === node
  return isCalled && !OWN_METHODS.has(property.name) && members.get(property.name) === false
    ? `.${property.name}`
    : undefined
}

/** Whether a member of a known interface is widely available; undefined where nothing is known of it. */
function ofInterface(owner: string, name: string): boolean | undefined {
  const keys = ['api', 'javascript.builtins'].flatMap(root => [
    `${root}.${owner}.${name}`,
    `${root}.${owner}.${name}_static`,
  ])
  const known = keys.map(key => baselines.get(key)).filter(each => each !== undefined)
  return known.length === 0 ? undefined : known.includes('high')
}

function tooNewGlobal(name: string): string | undefined {
  const known = [`api.${name}`, `javascript.builtins.${name}`].map(key => baselines.get(key))
  const told = known.filter(each => each !== undefined)
  return told.length > 0 && !told.includes('high') ? name : undefined
}
