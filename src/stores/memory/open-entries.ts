import { append, emptyList, pushUnder, unlink, type Entry, type EntryList } from './entry-list.ts'

/**
 * The open records of a memory store, grouped by the first two parts of the key. A record's key is
 * `so1/<scope>/<name>/<id>`, so each scope is a group, and listing one scope does not read the others.
 */
export type OpenEntries = {
  readonly add: (entry: Entry) => void
  readonly remove: (entry: Entry) => void
  /** Oldest first. A prefix shorter than a group's name is compared with the name of every group. */
  readonly under: (prefix: string) => Entry[]
  readonly clear: () => void
}

export function openEntries(): OpenEntries {
  const groups = new Map<string, EntryList>()
  let opened = 0
  // Most records belong to the same scope as the record before, so the last group is kept even while it is empty.
  let last: { readonly name: string; readonly group: EntryList } | undefined

  function groupFor(key: string): EntryList {
    if (last !== undefined && last.name !== '' && key.startsWith(last.name)) return last.group
    const name = groupOf(key)
    let group = groups.get(name)
    if (!group) groups.set(name, (group = emptyList()))
    if (last?.group.count === 0 && last.group !== group) groups.delete(last.name)
    last = { name, group }
    return group
  }

  return {
    add: entry => {
      append(groupFor(entry.key), entry)
      entry.openedAs = opened += 1
    },
    remove: entry => {
      const group = groupFor(entry.key)
      unlink(group, entry)
      entry.openedAs = undefined
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
    clear: () => {
      groups.clear()
      last = undefined
    },
  }
}

/** The first two parts of the key with their slashes, or an empty text if there are fewer. */
function groupOf(key: string): string {
  const end = key.indexOf('/', key.indexOf('/') + 1)
  return key.slice(0, end + 1)
}
