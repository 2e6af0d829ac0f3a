/**
 * Takes what is named by these paths away from the global object, and gives what puts it back. It needs nothing from
 * outside, so that it can also be given to a page as a script. What cannot be taken, or is not there, is left out.
 */
export function takeAway(paths: readonly string[]): {
  readonly names: readonly string[]
  readonly putBack: () => void
} {
  const taken: { readonly owner: object; readonly name: string; readonly was: PropertyDescriptor }[] = []
  for (const path of paths) {
    const names = path.split('.')
    const name = names.pop() ?? ''
    let owner: unknown = globalThis
    for (const each of names) owner = (owner as Record<string, unknown> | undefined)?.[each]
    if ((typeof owner !== 'object' && typeof owner !== 'function') || owner === null) continue
    const was = Object.getOwnPropertyDescriptor(owner, name)
    if (was?.configurable !== true || !Reflect.deleteProperty(owner, name)) continue
    taken.push({ owner, name, was })
  }
  return {
    names: taken.map(({ name }) => name),
    putBack: () => {
      for (const { owner, name, was } of taken) Object.defineProperty(owner, name, was)
    },
  }
}
