import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where Node keeps what it has compiled (`NODE_COMPILE_CACHE`): most of the start of a small process is to compile. */
export const COMPILED = join(tmpdir(), 'stillonce-compiled')
