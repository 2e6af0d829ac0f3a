/** What a call resolved with, as a program prints it: a line of JSON, with 64-bit numbers in it. */
export function told(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part))
}
