import { parseSync, type Node } from 'oxc-parser'
import { boundNames } from './bound-names.ts'

/** What makes a file of `src/core` impure, and where. */
export type Impurity = {
  readonly line: number
  readonly what: string
}

/** A sibling, or a file of another folder of the core. */
const coreImport = /^\.(?:\.\/(?:names|answers|record|run))?\/[a-z0-9-]+\.ts$/

/** Clocks, chance, timers, I/O and the ways around a ban on them. */
const impureGlobals: ReadonlySet<string> = new Set([
  'AbortController',
  'AbortSignal',
  'Atomics',
  'Date',
  'EventSource',
  'Function',
  'Promise',
  'Reflect',
  'Temporal',
  'WebSocket',
  'Worker',
  'XMLHttpRequest',
  'clearInterval',
  'clearTimeout',
  'console',
  'crypto',
  'document',
  'eval',
  'fetch',
  'global',
  'globalThis',
  'indexedDB',
  'localStorage',
  'module',
  'navigator',
  'performance',
  'process',
  'queueMicrotask',
  'require',
  'self',
  'sessionStorage',
  'setImmediate',
  'setInterval',
  'setTimeout',
  'window',
])

/**
 * Reads the syntax of a TypeScript file and lists what a pure core must not hold: imports from outside
 * the core, the clock, chance, timers, I/O, and everything asynchronous. Words in comments and strings,
 * property names, and names that the file itself binds there do not count.
 */
export function impurities(source: string): readonly Impurity[] {
  const { program, errors } = parseSync('core.ts', source, { sourceType: 'module' })
  const [error] = errors
  if (error !== undefined) return [{ line: 0, what: `a syntax error: ${error.message}` }]

  const found: Impurity[] = []
  const report = (node: Node, what: string): void => {
    found.push({ line: source.slice(0, node.start).split('\n').length, what })
  }

  const visit = (node: Node, parent: Node | undefined, role: string, bound: ReadonlySet<string>): void => {
    const inside = new Set([...bound, ...boundNames(node)])
    const what = impurity(node, parent, role, inside)
    if (what !== undefined) report(node, what)
    for (const [childRole, value] of Object.entries(node)) {
      const children: readonly unknown[] = Array.isArray(value) ? value : [value]
      for (const child of children) if (isNode(child)) visit(child, node, childRole, inside)
    }
  }
  visit(program, undefined, 'program', new Set())
  return found
}

function impurity(
  node: Node,
  parent: Node | undefined,
  role: string,
  bound: ReadonlySet<string>,
): string | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
      return foreign(node.source.value)
    case 'ExportNamedDeclaration':
      return node.source === null ? undefined : foreign(node.source.value)
    case 'TSImportType':
      return foreign(node.source.value)
    case 'ImportExpression':
      return 'a dynamic import'
    case 'TSImportEqualsDeclaration':
      return 'an import by require'
    case 'MetaProperty':
      return node.meta.name === 'import' ? 'import.meta' : undefined
    case 'AwaitExpression':
      return 'await'
    case 'ForOfStatement':
      return node.await ? 'for await' : undefined
    case 'VariableDeclaration':
      return node.kind === 'await using' ? 'await using' : undefined
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return node.async ? 'async' : undefined
    case 'Identifier':
      if (bound.has(node.name) || isOnlyName(parent, role)) return undefined
      return impureName(node.name, parent, role)
    default:
      return undefined
  }
}

function foreign(specifier: string): string | undefined {
  return coreImport.test(specifier) ? undefined : `an import of '${specifier}'`
}

function impureName(name: string, parent: Node | undefined, role: string): string | undefined {
  if (impureGlobals.has(name)) return name
  if (name !== 'Math') return undefined
  // Math is pure but for one member, which must not be reached by a computed name or by destructuring either.
  if (parent?.type !== 'MemberExpression' || role !== 'object') return 'Math as a value'
  if (parent.computed) return 'a computed member of Math'
  return parent.property.type === 'Identifier' && parent.property.name === 'random'
    ? 'Math.random'
    : undefined
}

/** A name after a dot, or before a colon: it reads nothing. */
function isOnlyName(parent: Node | undefined, role: string): boolean {
  switch (parent?.type) {
    case 'MemberExpression':
      return role === 'property' && !parent.computed
    case 'Property':
      return role === 'key' && !parent.computed && !parent.shorthand
    case 'MethodDefinition':
    case 'PropertyDefinition':
    case 'TSPropertySignature':
    case 'TSMethodSignature':
      return role === 'key' && !parent.computed
    case 'TSQualifiedName':
      return role === 'right'
    case 'ImportSpecifier':
      return role === 'imported'
    case 'ExportSpecifier':
      return role === 'exported'
    default:
      return false
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
