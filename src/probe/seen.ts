/** Status 0: no answer came, and `lost` is the reason. */
export type Seen = {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly lost?: string | undefined
}
