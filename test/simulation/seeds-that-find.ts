import type { ServerKind } from './plan.ts'
import { simulated } from './simulated.ts'

/** The first of 1,000 histories that finds what is planted under this name, if one does. */
export async function seedsThatFind(name: string, server: ServerKind): Promise<readonly string[]> {
  const options = ['--planted', name, '--server', server, '--histories', '1000', '--seed', '1']
  return Object.keys((await simulated(...options)).broken)
}
