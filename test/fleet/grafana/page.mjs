import Module from 'node:module'
import { JSDOM } from 'jsdom'

class Observer {
  observe() {}
  unobserve() {}
  disconnect() {}
}

/** The editor of queries, which only a browser can load. */
const EDITOR = /^(?:monaco-promql|monaco-editor|@monaco-editor)/

/** Makes this process a page, as far as Grafana's libraries need one. They are loaded after it. */
export function becomePage() {
  const { window } = new JSDOM('<!doctype html>', { url: 'http://grafana.example/', pretendToBeVisual: true })
  window.matchMedia = () => ({ matches: false, addEventListener() {}, removeEventListener() {} })
  window.grafanaBootData = {
    settings: { buildInfo: { version: '13.2.3' }, featureToggles: {}, datasources: {} },
    user: {},
    navTree: [],
  }
  const given = { ResizeObserver: Observer, IntersectionObserver: Observer }
  const replaced = ['window', 'document', 'navigator', 'Event', 'CustomEvent', 'EventTarget', 'MessageEvent']
  for (const name of [...Object.getOwnPropertyNames(window), ...replaced]) {
    if (name in globalThis && !replaced.includes(name)) continue
    Object.defineProperty(globalThis, name, {
      value: given[name] ?? window[name],
      configurable: true,
      writable: true,
    })
  }
  Object.assign(globalThis, given)

  for (const extension of ['.css', '.svg', '.png']) Module._extensions[extension] = () => {}
  const load = Module._load
  Module._load = (request, ...rest) =>
    EDITOR.test(request) ? { promLanguageDefinition: {} } : load(request, ...rest)

  for (const level of ['warn', 'error']) {
    const print = console[level]
    console[level] = (text, ...rest) => {
      if (!String(text).startsWith('LoggerRegistry:')) print(text, ...rest)
    }
  }
}
