/** Whether the user for whom the operation was begun is still logged in. False if nobody knows who is logged in. */
export function isStillIn(scope: string, scopeNow: () => string): boolean {
  try {
    return scopeNow() === scope
  } catch {
    return false
  }
}
