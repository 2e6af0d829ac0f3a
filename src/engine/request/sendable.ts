/** The source from which the bytes are made. */
export type Sendable =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly text: string }
  | {
      readonly kind: 'bytes'
      readonly bytes: Uint8Array<ArrayBuffer>
      readonly text?: string
      readonly contentType: string | undefined
    }
  | { readonly kind: 'blob'; readonly blob: Blob }
  | { readonly kind: 'form'; readonly form: FormData }
