import { append, emptyList, pushUnder, unlink, type Entry, type EntryList } from './entry-list.ts'

/**
 * The open records of a memory store, in groups by the first two parts of the key: a record's key is
 * `so1/<scope>/<name>/<id>`, so a group is a scope, and listing one does not look at the others.
 */
export type OpenEntries = {
  readonly add: (entry: Entry) => void
  readonly remove: (entry: Entry) => void
  /** Oldest first. A prefix shorter than a group looks at the name of every group. */
  readonly under: (prefix: string) => Entry[]
  readonly clear: () => void
}

export function openEntries(): OpenEntries {
  const groups = new Map<string, EntryList>()
  let opened = 0

  return {
    add: entry => {
      const name = groupOf(entry.key)
      let group = groups.get(name)
      if (!group) groups.set(name, (group = emptyList()))
      append(group, entry)
      entry.openedAs = opened += 1
    },
    remove: entry => {
      const name = groupOf(entry.key)
      const group = groups.get(name)
      if (!group) return
      unlink(group, entry)
      entry.openedAs = undefined
      if (group.count === 0) groups.delete(name)
    },
    under: prefix => {
      const group = groupOf(prefix)
      const found: Entry[] = []
      if (group !== '') {
        pushUnder(found, groups.get(group), prefix)
        return found
      }
      for (const [name, list] of groups) {
        if (name === '' || name.startsWith(prefix)) pushUnder(found, list, prefix)
      }
      return found.toSorted((a, b) => (a.openedAs ?? 0) - (b.openedAs ?? 0))
    },
    clear: () => groups.clear(),
  }
}

/** The first two parts with their slashes, or nothing where there are fewer. */
function groupOf(key: string): string {
  const end = key.indexOf('/', key.indexOf('/') + 1)
  return key.slice(0, end + 1)
}
