/** Some of the values with changes. */
export function changedWhere<Value extends object>(
  values: readonly Value[],
  isMeant: (value: Value) => boolean,
  changes: Partial<Value>,
): readonly Value[] {
  const changed = (value: Value): Value => ({ ...value, ...changes })
  return values.map(value => (isMeant(value) ? changed(value) : value))
}
