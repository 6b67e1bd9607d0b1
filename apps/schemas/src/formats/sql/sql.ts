import { formatOf, type Format } from '../format.ts'
import { catalogText, readCatalog, type Catalog } from './catalog.ts'
import { unreadableCatalog } from './unreadable.ts'

/** A database's schema as a language of the registry: its text is the catalog that the migrations make, as JSON. */
export const sqlFormat: Format = formatOf<Catalog>({
  kind: 'SQL',
  read: ({ text }) => readCatalog(text),
  canonical: catalogText,
  fields: ({ relations }) =>
    relations.flatMap(({ name, columns }) =>
      columns.map((column) => ({
        path: `${name}.${column.name}`,
        type: column.type,
        required: !column.nullable,
        ...(column.comment !== undefined && { doc: column.comment }),
        ...(column.default !== undefined && { default: column.default }),
      })),
    ),
  unreadable: unreadableCatalog,
})
