import type { Executor } from '@plinth/store'
import { schemaOf } from '../registry/parsed.ts'
import type { Metadata, SchemaRow } from '../registry/rows.ts'
import type { TagBody } from './asked.ts'

type SchemaTag = { schemaEntity: { entityPath: string; entityType: 'sr_field' }; tags: string[] }

/**
 * The places of a schema with one of the tags that are asked for (`*`: each of them), by its metadata and by what is written into
 * it; undefined where nobody asks.
 */
export async function schemaTags(
  db: Executor,
  row: SchemaRow,
  asked: readonly string[] | undefined,
): Promise<SchemaTag[] | undefined> {
  if (asked === undefined || asked.length === 0) return undefined
  const byPath = new Map(Object.entries(row.metadata?.tags ?? {}))
  for (const { path, tags = [] } of (await schemaOf(db, row)).fields())
    if (tags.length > 0) byPath.set(path, [...new Set([...(byPath.get(path) ?? []), ...tags])])
  const isAsked = (tag: string): boolean => asked.includes('*') || asked.includes(tag)
  return [...byPath]
    .map(([entityPath, tags]): SchemaTag => ({
      schemaEntity: { entityPath, entityType: 'sr_field' },
      tags: tags.filter(isAsked),
    }))
    .filter(({ tags }) => tags.length > 0)
}

type Changes = { [Member in 'tagsToAdd' | 'tagsToRemove']: TagBody[Member] | undefined }

/** The tags by place that are there after a request. */
export function tagsAfter(before: Metadata['tags'], { tagsToAdd, tagsToRemove }: Partial<Changes>) {
  const tags = new Map(Object.entries(before ?? {}))
  for (const { schemaEntity, tags: more } of tagsToAdd ?? [])
    tags.set(schemaEntity.entityPath, [...new Set([...(tags.get(schemaEntity.entityPath) ?? []), ...more])])
  for (const { schemaEntity, tags: fewer } of tagsToRemove ?? []) {
    const left = (tags.get(schemaEntity.entityPath) ?? []).filter((tag) => !fewer.includes(tag))
    if (left.length === 0) tags.delete(schemaEntity.entityPath)
    else tags.set(schemaEntity.entityPath, left)
  }
  return Object.fromEntries(tags)
}
