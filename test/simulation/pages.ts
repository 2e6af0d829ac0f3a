import type { Random } from './random.ts'

/** The forms in which proxies' pages come: what a page is does not hang on the type it declares. */
const FORMS = [
  { type: 'text/html', text: '<!doctype html><html><body>gateway</body></html>' },
  { type: 'text/html; charset=utf-8', text: '<!-- served by edge-7 --><html><body>gateway</body></html>' },
  {
    type: 'application/xhtml+xml',
    text: '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body>gateway</body></html>',
  },
  { type: 'text/plain', text: '<html><head><title>gateway</title></head><body>gateway</body></html>' },
  { type: 'application/json', text: '<HTML><BODY>gateway</BODY></HTML>' },
] as const

export function pageOf(random: Random): { readonly type: string; readonly text: string } {
  return random.pick<(typeof FORMS)[number]>(FORMS)
}
