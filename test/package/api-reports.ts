import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'

/*
 * The public types of each entry as one text (`test/package/api/NAME.api.md`), made from the built package by API
 * Extractor. A change that touches a public type shows there, so that whoever reads the change sees what users will see.
 * Without arguments it compares, and names the entries whose types are others than their reports; `--write` writes them.
 */
const root = fileURLToPath(new URL('../../', import.meta.url))
const reports = join(root, 'test/package/api')
const fresh = join(root, 'node_modules/.cache/stillonce-api')

const compilerOptions = {
  target: 'es2022',
  lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable', 'esnext.disposable'],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  jsx: 'react-jsx',
  strict: true,
  skipLibCheck: true,
  types: ['node'],
}

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })

const changed = entries().filter(entry => {
  const report = reportOf(entry)
  const path = join(reports, `${entry}.api.md`)
  if (values.write) {
    mkdirSync(reports, { recursive: true })
    writeFileSync(path, report)
    return false
  }
  return read(path) !== report
})
if (changed.length > 0) {
  console.error(`The public types of ${changed.join(', ')} are not what test/package/api says.`)
  console.error('Where the change is meant: npm run api:write, and commit the reports with the change.')
  process.exitCode = 1
}

/** The names of the entries that package.json exports. */
function entries(): string[] {
  const manifest: { exports: Record<string, unknown> } = JSON.parse(read(join(root, 'package.json')) ?? '')
  return Object.keys(manifest.exports)
    .filter(specifier => specifier !== './package.json')
    .map(specifier => (specifier === '.' ? 'index' : specifier.slice(2).replaceAll('/', '-')))
}

function reportOf(entry: string): string {
  mkdirSync(fresh, { recursive: true })
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(root, `dist/entries/${entry}.d.ts`),
      compiler: { overrideTsconfig: { compilerOptions, include: [join(root, 'dist/entries/*.d.ts')] } },
      apiReport: {
        enabled: true,
        reportFolder: fresh,
        reportTempFolder: join(fresh, 'new'),
        reportFileName: `${entry}.api.md`,
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
  })
  const { succeeded } = Extractor.invoke(config, {
    localBuild: true,
    messageCallback: message => {
      // That a report is new or has changed is said once, at the end; what is no error is said by nobody.
      if (message.logLevel !== ExtractorLogLevel.Error) message.handled = true
    },
  })
  if (!succeeded) throw new Error(`the types of ${entry} could not be read`)
  // API Extractor ends its lines as Windows does; git keeps them as everybody else does.
  return (read(join(fresh, `${entry}.api.md`)) ?? '').replaceAll('\r\n', '\n')
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
