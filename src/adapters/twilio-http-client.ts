import type { Fetch } from '../public/transport.ts'
import { asForm, basic, nodeHeadersOfAnswer, sent, withQuery } from './sdk-fetch.ts'
import { within } from './waiting.ts'

/** The options that twilio's client passes to its http client (`RequestClient.RequestOptions`). */
export type TwilioRequest = {
  readonly method: string
  readonly uri: string
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly authStrategy?: { getAuthString(): Promise<string> } | undefined
  readonly headers?: Readonly<Record<string, unknown>> | undefined
  readonly params?: unknown
  readonly data?: unknown
  readonly allowRedirects?: boolean | undefined
  readonly timeout?: number | undefined
}

type TwilioResponse = {
  readonly statusCode: number
  readonly body: string
  readonly headers: Record<string, string | string[]>
}

/** The `httpClient` of twilio's client: `twilio(sid, token, { httpClient: twilioHttpClient(once) })`. */
export function twilioHttpClient(fetch: Fetch): { request(options: TwilioRequest): Promise<TwilioResponse> } {
  return {
    async request({ method, uri, headers = {}, params, data, ...options }) {
      const { username, password, authStrategy, allowRedirects, timeout } = options
      const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1]
      const isJson = String(type).includes('json')
      const own: Record<string, unknown> = { ...headers }
      // Before any `await`: the caller may change what it gave.
      const url = withQuery(uri, asForm(params).toString())
      const body = data && (isJson ? JSON.stringify(data) : asForm(data))
      if (username !== undefined && password !== undefined) own['Authorization'] = basic(username, password)
      else if (authStrategy !== undefined) own['Authorization'] = await authStrategy.getAuthString()
      const response = await sent(fetch, {
        method: method.toUpperCase(),
        url,
        headers: own,
        body,
        signal: within(timeout),
        redirect: allowRedirects === true ? undefined : 'manual',
      })
      return {
        statusCode: response.status,
        body: await response.text(),
        headers: nodeHeadersOfAnswer(response.headers),
      }
    },
  }
}
