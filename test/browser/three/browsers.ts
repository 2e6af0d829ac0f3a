/** The browsers that the tests of this folder run in, each a project of test/browser/vitest.config.ts. */
export const BROWSERS = ['chromium', 'firefox', 'webkitgtk'] as const

export type BrowserName = (typeof BROWSERS)[number]

declare module 'vitest' {
  interface ProvidedContext {
    browser: BrowserName
    /** Where its program is. */
    program: string
    /** The built package. */
    dist: string
  }
}
