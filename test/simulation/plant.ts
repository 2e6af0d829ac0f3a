import { readFileSync, readdirSync } from 'node:fs'
import { registerHooks } from 'node:module'
import type { PlantedBug } from './planted-bugs.ts'

const SRC = new URL('../../src/', import.meta.url)

/**
 * Loads a copy of the source with one bug in it, for this process only: what is imported with the suffix that
 * this gives imports the rest of src the same way, and the bug's changes are made to the text on its way in.
 * Nothing of it is on disk.
 */
export function plant(bug: PlantedBug): string {
  const suffix = `?planted=${bug.name.replaceAll(/\W+/g, '-')}`
  const sources = sourcesWith(bug, suffix)
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context)
      const isOurs = context.parentURL?.endsWith(suffix) === true && /^\.{1,2}\//.test(specifier)
      return isOurs && !resolved.url.endsWith(suffix) ? { ...resolved, url: resolved.url + suffix } : resolved
    },
    load(url, context, next) {
      const source = sources.get(url)
      if (source === undefined) return next(url, context)
      return { format: 'module-typescript', source, shortCircuit: true }
    },
  })
  return suffix
}

/** The changed files. A bug whose place is gone, or is there twice, is told and not skipped. */
export function sourcesWith(bug: PlantedBug, suffix = ''): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  for (const name of readdirSync(SRC, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.ts')) texts.set(new URL(name, SRC).href, readFileSync(new URL(name, SRC), 'utf8'))
  }
  const changed = new Map<string, string>()
  for (const { right, wrong } of bug.changes) {
    const places = [...texts].filter(([, text]) => text.includes(right))
    const [file, text] = places[0] ?? ['', '']
    if (places.length !== 1 || text.split(right).length !== 2)
      throw new Error(`${bug.name}: src does not have this exactly once: ${right}`)
    texts.set(
      file,
      text.replace(right, () => wrong),
    )
    changed.set(file + suffix, texts.get(file) ?? '')
  }
  return changed
}
