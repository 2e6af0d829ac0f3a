import { carrierOf, isNodeProcess } from './carrier.ts'
import { systemDigest } from './digest.ts'
import { currentHolder, isDeadHere } from './process-identity.ts'

/** What the platform tells those who send: of its fetch, its processes and its hash. In a page it comes with what performs. */
export const platform = { carrierOf, isNodeProcess, systemDigest, currentHolder, isDeadHere }
