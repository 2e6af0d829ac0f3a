import type { PlantedBug } from './planted-bugs.ts'
import { sourcesWith } from './plant.ts'

/** A plugin of vite: the source with one fault in it, for the run of one file of tests. Nothing of it is on disk. */
export function plantedSource(fault: PlantedBug): {
  readonly name: string
  readonly enforce: 'pre'
  load(id: string): string | undefined
} {
  const sources = new Map([...sourcesWith(fault)].map(([url, text]) => [new URL(url).pathname, text]))
  // Vitest keeps what a plugin made by the plugin's name.
  return { name: `planted: ${fault.name}`, enforce: 'pre', load: id => sources.get(id.split('?')[0] ?? '') }
}
