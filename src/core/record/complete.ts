/** Each field by its name, those that may be left out too: one that is added later is a type error until it is listed. */
export type Complete<Fields> = { readonly [Name in keyof Required<Fields>]: Fields[Name] }
