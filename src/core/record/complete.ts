/*
 * Types by which no field of a record is forgotten: where one is added, each place that copies, drops or checks fields is a
 * type error until it names the new one. How it looks is in test/core/record-fields.test.ts.
 */

/** Each field by its name, those that may be left out too: one that is added later is a type error until it is listed. */
export type Complete<Fields> = { readonly [Name in keyof Required<Fields>]: Fields[Name] }

/** The names of the fields of all members of a union. */
export type AnyKey<Union> = Union extends unknown ? keyof Union : never

/** The fields of a union that are neither in `Kept` nor among the names `Dropped`: never, where none is forgotten. */
export type Unlisted<Union, Kept, Dropped> = Exclude<AnyKey<Union>, keyof Kept | Dropped>

/** Fields among which none is over, beside those of `Kept`: one that is over is a type error, by its name. */
export type NoMore<Fields, Kept> = Fields & { readonly [Name in Exclude<keyof Fields, keyof Kept>]: never }

/** The same value with no field that may be left out, through and through. */
type Whole<Value> = Value extends object
  ? { readonly [Name in keyof Required<Value>]: Whole<Exclude<Value[Name], undefined>> }
  : Value

/** The names under which two types differ, in a field that one of them lacks or in its type; never, where they are the same. */
export type Mismatch<One, Other> =
  | Exclude<keyof One, keyof Other>
  | Exclude<keyof Other, keyof One>
  | {
      [Name in keyof One & keyof Other]: IsSame<One[Name], Other[Name]> extends true ? never : Name
    }[keyof One & keyof Other]

/** Assignable both ways, which sees what must be there, and of the same fields, which sees what may be left out. */
type IsSame<One, Other> = [One] extends [Other]
  ? [Other] extends [One]
    ? [Whole<One>] extends [Whole<Other>]
      ? [Whole<Other>] extends [Whole<One>]
        ? true
        : false
      : false
    : false
  : false
