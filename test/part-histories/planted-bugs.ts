import { PLANTED_INDEXED_DB_BUGS } from './indexed-db/planted-bugs.ts'
import type { PlantedPartBug } from './part.ts'
import { PLANTED_PROBE_BUGS } from './probe/planted-bugs.ts'

export const PLANTED_PART_BUGS: readonly PlantedPartBug[] = [
  ...PLANTED_INDEXED_DB_BUGS,
  ...PLANTED_PROBE_BUGS,
]
