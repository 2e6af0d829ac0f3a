/**
 * Code that is loaded when it is needed, separately from the first chunk and from a cold start. If loading fails (a
 * page that is offline), the next call that needs the code tries again.
 */
export class Part<Module> {
  readonly #import: () => Promise<Module>
  #module: Module | undefined
  #loading: Promise<Module> | undefined

  constructor(load: () => Promise<Module>) {
    this.#import = load
  }

  /** The module if it is loaded, so that the caller need not wait a turn. */
  get now(): Module | undefined {
    return this.#module
  }

  /** The module, for code that runs only after it was loaded. */
  get loaded(): Module {
    if (this.#module === undefined) throw new Error('a part of the client is used before it is loaded')
    return this.#module
  }

  /** Sets the module when it was loaded together with another part. */
  bring(module: Module): void {
    this.#module ??= module
  }

  load(): Promise<Module> {
    if (this.#module !== undefined) return Promise.resolve(this.#module)
    this.#loading ??= this.#import().then(
      module => (this.#module = module),
      (error: unknown) => {
        this.#loading = undefined
        throw error
      },
    )
    return this.#loading
  }
}
