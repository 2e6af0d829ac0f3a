/** Whether it is still the turn of the user it was begun for. Where nobody knows who is logged in, it is not. */
export function isStillIn(scope: string, scopeNow: () => string): boolean {
  try {
    return scopeNow() === scope
  } catch {
    return false
  }
}
