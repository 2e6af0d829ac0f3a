import { streamOf } from './sdk-fetch.ts'

/** The part of a request that decides in which form Azure's pipeline wants the body. */
export type AzureReading = {
  readonly method: string
  /** For these statuses the body is a stream; `Infinity` stands for every status. */
  readonly streamResponseStatusCodes?: ReadonlySet<number> | undefined
  readonly enableBrowserStreams?: boolean | undefined
}

/**
 * The forms of a body. In Node there is also a Node stream, `readableStreamBody`, which this type leaves out so that
 * pages need no types of Node.
 */
export type AzureBody = {
  readonly bodyAsText?: string
  readonly blobBody?: Promise<Blob>
  readonly browserStreamBody?: ReadableStream<Uint8Array>
}

/**
 * The body as the clients of @azure/core-rest-pipeline return it in Node and in pages: a text, a stream, a Blob, or
 * nothing for HEAD.
 */
export async function azureBody(response: Response, asked: AzureReading): Promise<AzureBody> {
  const { method, streamResponseStatusCodes: streamed, enableBrowserStreams } = asked
  if (method.toUpperCase() === 'HEAD') return {}
  const isStreamed = streamed?.has(response.status) === true || streamed?.has(Infinity) === true
  if (!isStreamed) return { bodyAsText: await response.text() }
  const { Readable } = nodeStreams() ?? {}
  if (Readable !== undefined) {
    const readableStreamBody = Readable.fromWeb(streamOf(response))
    return Object.assign<AzureBody, object>({}, { readableStreamBody })
  }
  if (enableBrowserStreams === true) return { browserStreamBody: streamOf(response) }
  return { blobBody: response.blob() }
}

type NodeStreams = { readonly Readable: { fromWeb(stream: ReadableStream<Uint8Array>): object } }

/** Looked up at run time and never imported, so that bundles for pages need nothing of Node. */
function nodeStreams(): NodeStreams | undefined {
  const { process } = globalThis as {
    readonly process?: { readonly getBuiltinModule?: (name: string) => NodeStreams | undefined }
  }
  return process?.getBuiltinModule?.('node:stream')
}
