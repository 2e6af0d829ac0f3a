import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Builder, Capabilities, type WebDriver } from 'selenium-webdriver'
import type { Start } from './browser.ts'
import { firstLine } from './first-line.ts'
import { killGroup } from './processes.ts'
import { drivenBySelenium } from './selenium.ts'

const WINDOW = fileURLToPath(new URL('webkit-window.js', import.meta.url))

/** The driver starts the browser in its own group. */
export const startWebKit: Start = async (program, folder) => {
  const screen = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const display = await firstLine(screen.stdout, /^(\d+)$/)
  const port = await freePort()
  const child = spawn(program, [`--port=${port}`], {
    detached: true,
    stdio: 'ignore',
    env: {
      ...process.env,
      DISPLAY: `:${display}`,
      PROFILE: folder,
      GSETTINGS_BACKEND: 'memory',
      NO_AT_BRIDGE: '1',
      // There is no graphics card.
      WEBKIT_DISABLE_COMPOSITING_MODE: '1',
    },
  })
  const group = child.pid ?? 0
  const kill = async () => {
    await killGroup(group)
    screen.kill()
  }
  try {
    const driver = await sessionOf(`http://127.0.0.1:${port}`, () => child.exitCode !== null)
    return await drivenBySelenium(driver, group, kill)
  } catch (error) {
    await kill()
    throw error
  }
}

async function sessionOf(url: string, isOver: () => boolean): Promise<WebDriver> {
  while (!(await listens(url))) {
    if (isOver()) throw new Error('WebKitWebDriver ended before it listened')
    await sleep(10)
  }
  const wanted = new Capabilities({
    browserName: 'WebKitGTK',
    'webkitgtk:browserOptions': { binary: '/usr/bin/gjs', args: [WINDOW] },
  })
  return new Builder().usingServer(url).withCapabilities(wanted).build()
}

async function listens(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/status`)).ok
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
