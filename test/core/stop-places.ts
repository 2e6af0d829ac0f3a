import { readdirSync, readFileSync } from 'node:fs'
import { parseSync } from 'oxc-parser'

const core = new URL('../../src/core/', import.meta.url)

/** A place in the core that says why something stops; `…` where what is said is put in or handed on. */
export type StopPlace = {
  readonly file: string
  readonly code: string
  readonly reason: string
  /** Of the reason; undefined where code and outcome say what helps. */
  readonly advice: string | undefined
}

type Syntax = { readonly type: string } & Record<string, unknown>

/** Functions that make an end, or the reason of one, out of code and reason, in this order. */
const MAKERS = new Set(['stopped', 'unknown'])
/** They take what is known first. */
const AFTER_KNOWLEDGE = new Set(['stopped'])

/** Every place in `core/run`, `core/stored` and `core/record` that makes a stopped end, a refusal, or its reason. */
export function stopPlaces(): readonly StopPlace[] {
  return ['run', 'stored', 'record'].flatMap(folder =>
    readdirSync(new URL(`${folder}/`, core)).flatMap(name => placesIn(`${folder}/${name}`)),
  )
}

function placesIn(file: string): readonly StopPlace[] {
  const source = readFileSync(new URL(file, core), 'utf8')
  const found: StopPlace[] = []
  constants = new Map()
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    if (Array.isArray(node)) return node.forEach(visit)
    remember(node as Syntax)
    const place = placeOf(node as Syntax)
    if (place !== undefined) found.push({ file, ...place })
    Object.values(node).forEach(visit)
  }
  visit(parseSync(file, source, { sourceType: 'module' }).program)
  return found
}

/** The texts of a file by the names that they were given last: a reason is named just before it is used. */
let constants = new Map<string, string>()

function remember(node: Syntax): void {
  if (node.type === 'FunctionDeclaration') constants = new Map()
  if (node.type !== 'VariableDeclarator') return
  const { id, init } = node as Syntax & { id: Syntax; init?: Syntax }
  if (id.type === 'ObjectPattern') constants.delete('reason')
  else constants.set(String(id['name']), textOf(init))
}

function placeOf(node: Syntax): Omit<StopPlace, 'file'> | undefined {
  if (node.type === 'ObjectExpression') return ofObject(node)
  return node.type === 'CallExpression' ? ofCall(node) : undefined
}

/** What is found in the store is said by its kind: the code is given to it in looking.ts. */
const FOUND: Readonly<Record<string, string>> = {
  dropped: 'forgotten',
  mismatch: 'payload-mismatch',
  sealed: 'sealed',
  unresolved: 'unresolved',
  stopped: 'aborted',
}

/** An object with a reason and a code, or with a reason and its advice. */
function ofObject(node: Syntax): Omit<StopPlace, 'file'> | undefined {
  const { kind, code, reason, advice } = fieldsOf(node)
  const ofKind = code === undefined ? FOUND[textOf(kind)] : undefined
  if (reason === undefined || (code ?? advice ?? ofKind) === undefined) return undefined
  return { code: ofKind ?? textOf(code), reason: textOf(reason), advice: advice && textOf(advice) }
}

function ofCall(node: Syntax): Omit<StopPlace, 'file'> | undefined {
  const { callee, arguments: given } = node as Syntax & { callee: Syntax; arguments: readonly Syntax[] }
  const name = String(callee['name'])
  if (!MAKERS.has(name)) return undefined
  const [code, reason, third, ...more] = AFTER_KNOWLEDGE.has(name) ? given.slice(1) : given
  if (code === undefined || reason === undefined || code.type === 'ObjectExpression') return undefined
  const options = [third, ...more].find(part => part?.type === 'ObjectExpression')
  const own = name === 'unknown' ? third : undefined
  const advice = options === undefined ? own : fieldsOf(options).advice
  return { code: textOf(code), reason: textOf(reason), advice: advice && textOf(advice) }
}

function fieldsOf(node: Syntax): { kind?: Syntax; code?: Syntax; reason?: Syntax; advice?: Syntax } {
  const fields: Record<string, Syntax> = {}
  for (const property of node['properties'] as readonly Syntax[]) {
    if (property.type !== 'Property') continue
    fields[String((property['key'] as Syntax)['name'])] = property['value'] as Syntax
  }
  return fields
}

/** A literal as it is; what is put into it, and what is computed, as `…`; both sides of a choice. */
function textOf(node: Syntax | undefined): string {
  switch (node?.type) {
    case 'Literal':
      return String(node['value'])
    case 'TemplateLiteral':
      return (node['quasis'] as readonly { value: { cooked: string } }[])
        .map(({ value }) => value.cooked)
        .join('…')
    case 'ConditionalExpression':
      return `${textOf(node['consequent'] as Syntax)} | ${textOf(node['alternate'] as Syntax)}`
    case 'TSAsExpression':
      return textOf(node['expression'] as Syntax)
    case 'Identifier':
      return constants.get(String(node['name'])) ?? '…'
    default:
      return '…'
  }
}
