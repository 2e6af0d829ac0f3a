/**
 * A part of the code that is loaded apart from the first chunk and from a cold start, when it is needed; one that
 * failed (a page that is offline) is tried again by the next call that needs it.
 */
export class Part<Module> {
  readonly #import: () => Promise<Module>
  #module: Module | undefined
  #loading: Promise<Module> | undefined

  constructor(load: () => Promise<Module>) {
    this.#import = load
  }

  /** The part, if it is there by now: then nobody has to wait a turn. */
  get now(): Module | undefined {
    return this.#module
  }

  /** For what runs only after the part was loaded. */
  get loaded(): Module {
    if (this.#module === undefined) throw new Error('a part of the client is used before it is loaded')
    return this.#module
  }

  /** The part came along with another one. */
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
