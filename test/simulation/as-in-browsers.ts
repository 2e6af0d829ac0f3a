/** Browsers of Baseline "widely available" have none of it: what leans on it breaks here too. */
export function asInBrowsers(): void {
  Reflect.deleteProperty(URL, 'parse')
}
