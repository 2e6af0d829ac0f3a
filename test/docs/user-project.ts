import { execFile, execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Block } from './markdown.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

const compiler = join(root, 'node_modules/typescript/bin/tsc')

const manifest: { readonly dependencies: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
)

/** What a user's project has installed beside the package: what it depends on, servers, what a page uses, and types. */
const INSTALLED = [
  ...Object.keys(manifest.dependencies),
  'express',
  'hono',
  'react',
  '@tanstack/react-query',
  '@tanstack/vue-query',
  '@electric-sql/pglite',
  '@opentelemetry/api',
  '@opentelemetry/core',
  '@opentelemetry/sdk-trace',
  'pino',
  'undici',
  '@types/emscripten',
  '@types/express',
  '@types/node',
  '@types/react',
]

/** As strict as a user may be, so that no user gets an error from code of the documentation. */
const COMPILER_OPTIONS = {
  strict: true,
  module: 'nodenext',
  target: 'es2023',
  // PGlite's types need those of emscripten.
  types: ['node', 'emscripten'],
  noEmit: true,
  checkJs: true,
  allowImportingTsExtensions: true,
  erasableSyntaxOnly: true,
  jsx: 'react-jsx',
  verbatimModuleSyntax: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitReturns: true,
}

/** They end within a second; a machine that is busy with other tests takes its time. */
export const LONGEST_RUN_MS = 50_000

/** The blocks that are programs, each with the output that its page shows. */
export function programsOf(blocks: readonly Block[]) {
  return blocks.flatMap(block =>
    block.use.kind === 'program' ? [{ block, at: block.at, output: block.use.output }] : [],
  )
}

/** A database within the process takes seconds of a processor to start: its programs run in docs.long.test.ts. */
export function startsDatabase({ code }: Block): boolean {
  return code.includes("from '@electric-sql/pglite'")
}

type Ended = { readonly code: number | string; readonly stdout: string; readonly stderr: string }

/** A project outside of the repository, with each block of the documentation in a folder of its own. */
export type UserProject = {
  /** Runs the program that a block is, on this Node. */
  readonly run: (block: Block) => Promise<Ended>
  /** What the compiler says of all blocks. */
  readonly typeCheck: () => Promise<string>
  readonly remove: () => void
}

export function createUserProject(blocks: readonly Block[]): UserProject {
  const folder = mkdtempSync(join(tmpdir(), 'stillonce-docs-'))
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER_OPTIONS }))
  for (const scope of ['@types', '@tanstack', '@electric-sql', '@opentelemetry'])
    mkdirSync(join(folder, 'node_modules', scope), { recursive: true })
  install(join(folder, 'node_modules/stillonce'))
  for (const name of INSTALLED) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction')
  }

  for (const block of blocks) {
    mkdirSync(folderOf(block))
    writeFileSync(join(folderOf(block), fileName(block)), block.code)
    for (const { use, code } of blocks) {
      if (use.kind === 'file') writeFileSync(join(folderOf(block), use.name), code)
    }
  }

  function folderOf({ at }: Block): string {
    return join(folder, at.replaceAll(/[/:]/g, '-'))
  }

  return {
    run: async block => {
      const port = await freePort()
      writeFileSync(join(folderOf(block), fileName(block)), block.code.replaceAll('4242', String(port)))
      return execute([fileName(block)], folderOf(block))
    },
    typeCheck: async () => {
      return (await execute([compiler, '--project', folder], folder)).stdout
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The package as it is built, but built here: the dist of the repository may be under work by another run. */
function install(folder: string): void {
  mkdirSync(folder)
  cpSync(join(root, 'package.json'), join(folder, 'package.json'))
  const builder = join(root, 'test/package/build.mjs')
  execFileSync(process.execPath, [builder, join(folder, 'dist')], { stdio: 'inherit' })
}

function fileName({ language, use }: Block): string {
  return use.kind === 'file' ? use.name : `program.m${language}`
}

function execute(args: readonly string[], cwd: string): Promise<Ended> {
  return new Promise(resolve => {
    execFile(process.execPath, args, { cwd, timeout: LONGEST_RUN_MS }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : (error.code ?? 'killed'), stdout, stderr }),
    )
  })
}

/** Two runs of the tests on one machine must not meet on the port that the pages name. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
