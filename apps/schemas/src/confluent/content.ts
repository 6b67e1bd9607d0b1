import type { Executor } from '@plinth/store'
import { schemaOf } from '../registry/parsed.ts'
import type { SchemaRow } from '../registry/rows.ts'

/** The text of a schema in the form that `format` names; its canonical one where none is, or one that it does not have. */
export async function confluentText(db: Executor, row: SchemaRow, format: string | undefined): Promise<string> {
  if (format === undefined || format === '') return row.canonical
  return (await schemaOf(db, row)).render(format)
}
