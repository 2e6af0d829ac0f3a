/** A mistake in options or definition: an error that names its place. */
export type Mistake = { readonly message: string; readonly cause?: unknown }
