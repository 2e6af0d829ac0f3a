/** `QueryParameterBag` of @smithy/types. */
export type AwsQuery = Readonly<Record<string, string | string[] | null>>

/** The query as the SDK has signed it: spaces are `%20`, and a name without a value stands alone. */
export function awsQuery(query: AwsQuery = {}): string {
  return Object.entries(query)
    .flatMap(([name, value]) => {
      const values = Array.isArray(value) ? value : [value]
      return values.map(each => (each === null ? escaped(name) : `${escaped(name)}=${escaped(each)}`))
    })
    .join('&')
}

function escaped(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
