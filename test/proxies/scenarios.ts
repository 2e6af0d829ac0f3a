import type { Scenario } from './scenario.ts'
import { CACHES } from './scenarios/caches.ts'
import { CUT_ANSWERS } from './scenarios/cut-answers.ts'
import { LOST_ANSWERS } from './scenarios/lost-answers.ts'
import { PAGES } from './scenarios/pages.ts'
import { PATHS } from './scenarios/paths.ts'
import { RE_SENDS } from './scenarios/re-sends.ts'

/** All that a client meets. What it tells of each: told.ts. */
export const SCENARIOS: readonly Scenario[] = [
  ...LOST_ANSWERS,
  ...RE_SENDS,
  ...PAGES,
  ...CUT_ANSWERS,
  ...CACHES,
  ...PATHS,
]
