/** Status 0: no answer came, and `lost` is why. */
export type Seen = {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly lost?: string | undefined
}
