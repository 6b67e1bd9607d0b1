import type { Field, Schema } from '../formats/format.ts'
import type { Metadata } from '../registry/rows.ts'

/** Tags by the path of a field. */
export type FieldTags = { readonly [path: string]: readonly string[] }

export type TaggedField = Field & { readonly tags: readonly string[]; readonly written: readonly string[] }

/** The fields of a schema with all their tags: written into it, into its metadata, or set beside it. */
export function taggedFields(schema: Schema, set: FieldTags, metadata: Metadata | null): TaggedField[] {
  const places = Object.entries(metadata?.tags ?? {})
  return schema.fields().map((field) => {
    const said = places.flatMap(([place, tags]) => (isPlaceOf(place, field.path) ? tags : []))
    const written = [...new Set([...(field.tags ?? []), ...said])]
    return {
      ...field,
      written,
      tags: [...new Set([...written, ...(Object.hasOwn(set, field.path) ? (set[field.path] ?? []) : [])])],
    }
  })
}

/** Confluent's places of tags: a path, or `**.name` for the name anywhere. Ours have `[]` and `{}`; theirs have not. */
function isPlaceOf(place: string, path: string): boolean {
  const bare = path.replace(/\[\]|\{\}|<[^>]*>/g, '')
  if (!place.startsWith('**.')) return bare === place
  const name = place.slice(3)
  return bare === name || bare.endsWith(`.${name}`)
}
