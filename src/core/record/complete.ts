/*
 * Types by which no field of a record is forgotten: if a field is added, each place that copies, drops or checks fields
 * is a type error until it names the new one. test/core/record-fields.test.ts shows this.
 */

/** Each field by its name, optional fields included. A field that is added later is a type error until it is listed. */
export type Complete<Fields> = { readonly [Name in keyof Required<Fields>]: Fields[Name] }

/** The names of the fields in all members of a union. */
export type AnyKey<Union> = Union extends unknown ? keyof Union : never

/**
 * The fields of a union that are neither in `Kept` nor among the names in `Dropped`; `never` if no field is forgotten.
 */
export type Unlisted<Union, Kept, Dropped> = Exclude<AnyKey<Union>, keyof Kept | Dropped>

/** Fields that are all in `Kept`. A field too many is a type error that names it. */
export type NoMore<Fields, Kept> = Fields & { readonly [Name in Exclude<keyof Fields, keyof Kept>]: never }

/** The same value with all optional fields required, at every depth. */
type Whole<Value> = Value extends object
  ? { readonly [Name in keyof Required<Value>]: Whole<Exclude<Value[Name], undefined>> }
  : Value

/**
 * The names under which two types differ, because one of them lacks the field or because its types differ; `never` if
 * the types are the same.
 */
export type Mismatch<One, Other> =
  | Exclude<keyof One, keyof Other>
  | Exclude<keyof Other, keyof One>
  | {
      [Name in keyof One & keyof Other]: IsSame<One[Name], Other[Name]> extends true ? never : Name
    }[keyof One & keyof Other]

/**
 * Whether two types are the same: assignable both ways, which compares required fields, and equal with all fields
 * required, which compares optional ones.
 */
type IsSame<One, Other> = [One] extends [Other]
  ? [Other] extends [One]
    ? [Whole<One>] extends [Whole<Other>]
      ? [Whole<Other>] extends [Whole<One>]
        ? true
        : false
      : false
    : false
  : false
