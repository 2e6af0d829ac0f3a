import { spawn } from 'node:child_process'
import { CHROMIUM_ARGS } from '../../chromium.ts'
import type { Start } from './browser.ts'
import { firstLine } from './first-line.ts'
import { drivenByPuppeteer } from './puppeteer.ts'

export const startChromium: Start = async (program, folder) => {
  const args = [
    ...CHROMIUM_ARGS,
    '--headless=new',
    '--no-first-run',
    '--disable-gpu',
    // Each tab a process of its own.
    '--site-per-process',
    '--remote-debugging-port=0',
    `--user-data-dir=${folder}`,
    'about:blank',
  ]
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  const browserWSEndpoint = await firstLine(child.stderr, /DevTools listening on (ws:\S+)/)
  return drivenByPuppeteer(child, { browserWSEndpoint, protocol: 'cdp' })
}
