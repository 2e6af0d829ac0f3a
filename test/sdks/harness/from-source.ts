import { registerHooks } from 'node:module'

/* `node --import`: programs get the source of the package by its name, as the tests do. */

registerHooks({
  resolve: (specifier, context, next) => {
    const [, entry = 'index'] = /^stillonce(?:\/(.+))?$/.exec(specifier) ?? []
    const isOurs = specifier === 'stillonce' || specifier.startsWith('stillonce/')
    return next(
      isOurs ? new URL(`../../../src/entries/${entry}.ts`, import.meta.url).href : specifier,
      context,
    )
  },
})
