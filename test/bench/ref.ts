import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { lacking, type LockFile } from './lock-file.ts'

/** Another commit of this repository, built: a tree with its package, and with the bench of this checkout in it. */
export type Ref = {
  /** As it was asked for. */
  readonly name: string
  /** Ends with a slash. */
  readonly root: URL
}

const HERE = new URL('../../', import.meta.url)

/** The root of a ref's tree, or of this checkout. */
export function rootOf(ref: Ref | undefined): URL {
  return ref?.root ?? HERE
}

/**
 * A process of `children` that measures this checkout, or the ref. The file is the same; in the ref's tree
 * `stillonce` is the package that was built there, because a package finds itself by its own `exports`.
 */
export function childOf(file: string, ref: Ref | undefined): URL {
  return new URL(`test/bench/children/${file}`, rootOf(ref))
}

/** Builds the ref in a temporary folder, by its own build script, and removes the folder after the work. */
export async function withRef<Result>(name: string, work: (ref: Ref) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'stillonce-ref-'))
  try {
    bringTree(name, folder)
    bringPackages(folder)
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: folder, stdio: ['ignore', 2, 2] })
    return await work({ name, root: pathToFileURL(`${folder}/`) })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The tree of the commit, with the bench of this checkout in place of its own. */
function bringTree(name: string, folder: string): void {
  const archive = join(folder, 'tree.tar')
  const here = fileURLToPath(HERE)
  execFileSync('git', archiveArguments(name, archive), { cwd: here, stdio: ['ignore', 2, 2] })
  execFileSync('tar', ['-xf', archive, '-C', folder])
  rmSync(archive)
  rmSync(join(folder, 'test/bench'), { recursive: true, force: true })
  cpSync(join(here, 'test/bench'), join(folder, 'test/bench'), { recursive: true })
}

/** What a name cannot be is an option: git has some that run programs. */
export function archiveArguments(name: string, archive: string): readonly string[] {
  if (name.startsWith('-') || name === '') throw new TypeError(`'${name}' is no name of a commit.`)
  return ['archive', '--format=tar', `--output=${archive}`, name]
}

/** Both are measured with the packages of this checkout where it has all that the ref asks for; else it gets its own. */
function bringPackages(folder: string): void {
  const packages = fileURLToPath(new URL('node_modules', HERE))
  const missing = lacking(lockFile(folder), lockFile(fileURLToPath(HERE)))
  if (missing.length === 0 && existsSync(packages)) {
    symlinkSync(packages, join(folder, 'node_modules'), 'junction')
    return
  }
  console.error(`The ref needs other packages (${missing.slice(0, 3).join(', ')}…): npm ci`)
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: ['ignore', 2, 2] })
}

function lockFile(folder: string): LockFile {
  return JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as LockFile
}
