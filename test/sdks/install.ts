import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const compiler = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))

/** Of which lock file the packages that lie there are, and of which schema the client of Prisma. */
const MARK = `${folder}node_modules/.installed`

/**
 * Installs the packages of package-lock.json and generates the client of Prisma, where they are not those already, and
 * checks the types of what uses them.
 */
export default function installPackages(): void {
  const sources = createHash('sha256')
    .update(readFileSync(`${folder}package-lock.json`))
    .update(readFileSync(`${folder}prisma/schema.prisma`))
    .digest('hex')
  if (!existsSync(MARK) || readFileSync(MARK, 'utf8') !== sources) {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' })
    generatePrismaClient()
    writeFileSync(MARK, sources)
  }
  execFileSync(process.execPath, [compiler, '--project', folder], { stdio: 'inherit' })
}

/**
 * The program of Prisma downloads its schema engine, which migrates databases, before each command. No part of
 * `generate` runs the engine, so any program does in its place.
 */
function generatePrismaClient(): void {
  execFileSync(
    process.execPath,
    [
      `${folder}node_modules/prisma/build/index.js`,
      'generate',
      '--config',
      `${folder}prisma/prisma.config.ts`,
    ],
    { env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath }, stdio: 'pipe' },
  )
}
