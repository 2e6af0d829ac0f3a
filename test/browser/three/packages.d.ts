/* Of the packages that package.json of this folder installs: what these tests use, so that the rest compiles without them. */

declare module 'puppeteer-core' {
  export type Page = {
    goto(url: string): Promise<unknown>
    reload(): Promise<unknown>
    evaluate<Args extends readonly unknown[], Result>(
      work: (...args: Args) => Result | Promise<Result>,
      ...args: Args
    ): Promise<Result>
    close(): Promise<void>
  }
  export type Browser = {
    version(): Promise<string>
    newPage(options?: { readonly type: 'tab' | 'window' }): Promise<Page>
    disconnect(): Promise<void>
  }
  export function connect(options: {
    readonly browserWSEndpoint: string
    readonly protocol: 'cdp' | 'webDriverBiDi'
    readonly protocolTimeout: number
    readonly defaultViewport: null
  }): Promise<Browser>
}

declare module 'selenium-webdriver' {
  export class WebDriver {
    get(url: string): Promise<void>
    navigate(): { back(): Promise<void>; refresh(): Promise<void> }
    executeScript(script: string, ...args: readonly unknown[]): Promise<unknown>
    getCapabilities(): Promise<Capabilities>
    getWindowHandle(): Promise<string>
    switchTo(): { window(handle: string): Promise<void>; newWindow(type: 'tab' | 'window'): Promise<void> }
    close(): Promise<void>
  }
  export class Capabilities {
    constructor(wanted: object)
    get(name: string): unknown
  }
  export class Builder {
    usingServer(url: string): this
    withCapabilities(wanted: Capabilities): this
    build(): Promise<WebDriver>
  }
}
