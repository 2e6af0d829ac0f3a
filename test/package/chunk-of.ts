import { join } from 'node:path'

/** Entries that a program imports together share their code in one file; each other entry is a family of its own. */
const FAMILIES: Readonly<Record<string, string>> = {
  'entries/index': 'client',
  'entries/core': 'client',
  'entries/fetch': 'client',
  'entries/server': 'server',
  'entries/server-node': 'server',
  'entries/server-fastify': 'server',
  'entries/testing': 'server',
  'entries/cli': 'server',
}

/** Where a module lies that one family shares with what is loaded later. */
const LATE_OF: Readonly<Record<string, string>> = { client: 'client', server: 'names' }

type ModuleGraph = {
  getModuleInfo(path: string): {
    readonly importedIds: readonly string[]
    readonly dynamicallyImportedIds: readonly string[]
  } | null
}

/**
 * In which file of the build for Node a module lies: `shared` by families, `client` or `server` where one family
 * shares it, `names` where the server shares it with what a client loads later, `performing` where only that needs
 * it; null where the bundler may decide, as of what one entry has for itself.
 */
export function chunkOf(
  src: string,
  entries: readonly string[],
): (path: string, graph: ModuleGraph) => string | null {
  const entryOf = new Map(entries.map(entry => [join(src, `${entry}.ts`), entry]))
  const performing = join(src, 'client/performing.ts')
  const machine = join(src, 'core/run/machine.ts')
  let reached: ReadonlyMap<string, ReadonlySet<string>> | undefined
  return (path, graph) => {
    reached ??= reachedFrom(entryOf.keys(), graph)
    if (entryOf.has(path)) return null
    const roots = [...(reached.get(path) ?? [])]
    // An entry that performs at once (a worker) is no reason to load with others what these load later.
    const performs = reached.get(machine)
    const early = roots
      .filter(root => performs?.has(root) !== true)
      .map(root => entryOf.get(root))
      .filter(entry => entry !== undefined)
    const [family, other] = new Set(early.map(entry => FAMILIES[entry] ?? entry))
    if (family === undefined) return roots.includes(performing) ? 'performing' : null
    if (other !== undefined) return 'shared'
    const isLate = early.length < roots.length
    if (isLate) return LATE_OF[family] ?? 'shared'
    return early.length > 1 ? family : null
  }
}

/** For each module the entries that import it, or import what imports it; and so for what is loaded by `import()`. */
function reachedFrom(
  entries: Iterable<string>,
  graph: ModuleGraph,
): ReadonlyMap<string, ReadonlySet<string>> {
  const reached = new Map<string, Set<string>>()
  const roots = new Set(entries)
  for (const root of roots) {
    const files = new Set([root])
    for (const file of files) {
      const { importedIds = [], dynamicallyImportedIds = [] } = graph.getModuleInfo(file) ?? {}
      for (const imported of importedIds) files.add(imported)
      for (const later of dynamicallyImportedIds) roots.add(later)
      const from = reached.get(file)
      if (from === undefined) reached.set(file, new Set([root]))
      else from.add(root)
    }
  }
  return reached
}
