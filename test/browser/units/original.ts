/** A method of the browser's as it was before a test put something around it. */
export function original<Owner, Method extends keyof Owner>(prototype: Owner, method: Method): Owner[Method] {
  return prototype[method]
}
