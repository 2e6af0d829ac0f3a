import { describe, expectTypeOf, test } from 'vitest'
import type { Complete, Mismatch, NoMore, Unlisted } from '../../src/core/record/complete.ts'
import type {
  OperationRecord,
  PendingRecord,
  ProcessingRecord,
  RecordByState,
  SucceededRecord,
} from '../../src/core/record/operation-record.ts'
import type { EndsWithSettlement } from '../../src/core/record/transition.ts'
import type { StoredFields } from '../../src/engine/stored/record-schema.ts'

/*
 * No field of a record is forgotten: each place that copies, drops or checks fields is a type error until it names a new one.
 * `npm run check` compiles this file; here is also what those types say once a field has been added.
 */

type Note = { readonly note?: string | undefined }

describe('a field that is added to records', () => {
  test('is in the schemas, and one of theirs is in the record', () => {
    expectTypeOf<Mismatch<StoredFields, RecordByState>>().toEqualTypeOf<never>()
  })

  test('and not to the schemas is named by its state', () => {
    type Added = Omit<RecordByState, 'pending'> & { readonly pending: PendingRecord & Note }
    expectTypeOf<Mismatch<StoredFields, Added>>().toEqualTypeOf<'pending'>()
  })

  test('and to the schemas alone is named by its state', () => {
    type Added = Omit<StoredFields, 'pending'> & { readonly pending: StoredFields['pending'] & Note }
    expectTypeOf<Mismatch<Added, RecordByState>>().toEqualTypeOf<'pending'>()
  })

  test('and is deep within, or of another type, is seen too', () => {
    type Deep = { readonly lease: { readonly until: number } }
    type Deeper = { readonly lease: { readonly until: number; readonly since?: number } }
    type Other = { readonly lease: { readonly until: string } }
    type Optional = { readonly lease: { readonly until?: number } }
    expectTypeOf<Mismatch<Deep, Deep>>().toEqualTypeOf<never>()
    expectTypeOf<Mismatch<Deep, Deeper>>().toEqualTypeOf<'lease'>()
    expectTypeOf<Mismatch<Deep, Other>>().toEqualTypeOf<'lease'>()
    expectTypeOf<Mismatch<Deep, Optional>>().toEqualTypeOf<'lease'>()
  })

  test('is kept at settlement, or listed among what ends with it', () => {
    expectTypeOf<Unlisted<OperationRecord, SucceededRecord, EndsWithSettlement>>().toEqualTypeOf<never>()
  })

  test('only while an operation is open, is named until it is listed among what ends', () => {
    type Added = OperationRecord | (PendingRecord & Note)
    expectTypeOf<Unlisted<Added, SucceededRecord, EndsWithSettlement>>().toEqualTypeOf<'note'>()
    expectTypeOf<Unlisted<Added, SucceededRecord, EndsWithSettlement | 'note'>>().toEqualTypeOf<never>()
  })

  test('only while the server is at work, must be left out where that is taken back', () => {
    type Back = Omit<ProcessingRecord, 'processingSince'>
    type MayHave = Back & Note
    type MustHave = Back & { readonly note: string }
    expectTypeOf<Back>().toExtend<NoMore<Back, PendingRecord>>()
    expectTypeOf<MayHave>().not.toExtend<NoMore<MayHave, PendingRecord>>()
    expectTypeOf<MustHave>().not.toExtend<NoMore<MustHave, PendingRecord>>()
    expectTypeOf<ProcessingRecord>().not.toExtend<NoMore<ProcessingRecord, PendingRecord>>()
  })

  test('must be given by whoever copies a record field by field', () => {
    // @ts-expect-error: `note` may be left out of the record, and not of a copy.
    const copy: Complete<Note> = {}
    expectTypeOf(copy).toEqualTypeOf<{ readonly note: string | undefined }>()
  })
})
