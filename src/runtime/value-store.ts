import type { RecordStore, SetOptions } from '../public/store.ts'

/*
 * A store in this process can keep a record as a value and make its text only when needed: most texts of a memory store
 * are never read. This is a shortcut beside `RecordStore`, and code that wraps a store does not know of it. So it is
 * used only for the very store object, and only while its `set` is its own.
 */

/** Like `set` of a store, with a value that never changes and whose JSON is the text. */
type SetValue = (key: string, value: object, options: SetOptions) => Promise<string | undefined>

type OwnSetters = { readonly set: unknown; readonly setValue: SetValue }

const setters = new WeakMap<object, OwnSetters>()

export function keepsValues<Store extends RecordStore>(store: Store, setValue: SetValue): Store {
  setters.set(store, { set: setOf(store), setValue })
  return store
}

/** Undefined for every other store, and for one whose `set` was replaced. */
export function valueSetterOf(store: RecordStore): SetValue | undefined {
  const own = setters.get(store)
  return own !== undefined && own.set === setOf(store) ? own.setValue : undefined
}

function setOf(store: RecordStore): unknown {
  return Reflect.get(store, 'set')
}
