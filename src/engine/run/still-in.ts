/** Whether the user is still logged in for whom the operation was begun. Where nobody knows who is logged in: no. */
export function isStillIn(scope: string, scopeNow: () => string): boolean {
  try {
    return scopeNow() === scope
  } catch {
    return false
  }
}
