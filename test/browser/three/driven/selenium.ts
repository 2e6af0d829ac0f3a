import { setTimeout as sleep } from 'node:timers/promises'
import type { WebDriver } from 'selenium-webdriver'
import type { RunningBrowser, Tab } from './browser.ts'
import { killerOfNext } from './killer.ts'

/*
 * WebDriver has one current window and does one thing at a time. So commands take turns, and what a page does is begun by
 * one command and looked after by others: two tabs can be at work at once.
 */

const BEGIN = `
const [id, source, args] = arguments
const ends = (window.evaluations ??= {})
ends[id] = ''
setTimeout(async () => {
  try {
    ends[id] = JSON.stringify({ value: await (0, eval)('(' + source + ')')(...args) })
  } catch (error) {
    ends[id] = JSON.stringify({ error: String(error) })
  }
})`

/** A command that the browser never answers would hold up all others. */
const ANSWER_MS = 180_000

async function noAnswer(): Promise<never> {
  await sleep(ANSWER_MS, undefined, { ref: false })
  throw new Error(`WebKitWebDriver did not answer within ${ANSWER_MS} ms`)
}

/** Empty while it is at work, null where the page is another. */
const LOOK = 'return window.evaluations?.[arguments[0]] ?? null'

/** webkit-window.js hears it. */
const OPEN_UNDRIVEN = 'webkit.messageHandlers.open.postMessage(arguments[0])'

type End = { readonly value?: unknown; readonly error?: string }

export async function drivenBySelenium(
  driver: WebDriver,
  group: number,
  kill: () => Promise<void>,
): Promise<RunningBrowser> {
  // Its first window stays: others are opened from it.
  const first = await driver.getWindowHandle()
  let last: Promise<unknown> = Promise.resolve()
  let evaluations = 0

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(() => Promise.race([work(), noAnswer()]))
    last = done.catch(() => {})
    return done
  }

  function tabOf(handle: string): Tab {
    const here = <T>(work: () => Promise<T>) =>
      inTurn(async () => {
        await driver.switchTo().window(handle)
        return work()
      })

    const evaluate: Tab['evaluate'] = async <Args extends readonly unknown[], Result>(
      work: (...args: Args) => Result | Promise<Result>,
      ...args: Args
    ) => {
      const id = String((evaluations += 1))
      await here(() => driver.executeScript(BEGIN, id, String(work), args))
      for (;;) {
        const text = await here(() => driver.executeScript(LOOK, id))
        if (typeof text !== 'string') throw new Error('The page went away')
        if (text !== '') return valueOf(JSON.parse(text) as End) as Result
        await sleep(10)
      }
    }

    return {
      evaluate,
      goto: url => here(() => driver.get(url)),
      // A script that runs while the page goes is never answered.
      back: () => here(() => driver.navigate().back()),
      reload: () => here(() => driver.navigate().refresh()),
      close: () => here(() => driver.close()),
    }
  }

  return {
    version: String((await driver.getCapabilities()).get('browserVersion')),
    openTab: url =>
      inTurn(async () => {
        await driver.switchTo().window(first)
        await driver.switchTo().newWindow('window')
        const handle = await driver.getWindowHandle()
        await driver.get(url)
        return tabOf(handle)
      }),
    // A driven page that dies takes the session with it: this one is not driven.
    openVictim: url =>
      inTurn(async () => {
        const killVictim = killerOfNext(group)
        await driver.switchTo().window(first)
        await driver.executeScript(OPEN_UNDRIVEN, url)
        return killVictim
      }),
    kill,
  }
}

function valueOf({ value, error }: End): unknown {
  if (error !== undefined) throw new Error(error)
  return value
}
