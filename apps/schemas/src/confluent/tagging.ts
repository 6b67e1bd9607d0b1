import { combineMetadata, combineRules } from '../registry/merge.ts'
import { findSubject, listVersions, readVersion } from '../registry/store.ts'
import { versionAnswer } from './answers.ts'
import { versionOf, type CsrAsk, type TagBody } from './asked.ts'
import { schemaNotFound, subjectNotFound, versionNotFound } from './errors.ts'
import type { CsrParts } from './parts.ts'
import { asRefusal, registered } from './register.ts'
import { metadataOf, ruleSetOf } from './requests.ts'
import { tagsAfter } from './schema-tags.ts'

/** What goes by metadata: tags, and versions found by their properties. */
export function tagging({ store, places, register }: CsrParts) {
  return {
    /** Tags are metadata by place in the schema; the text stays as it is, and the version is a new one. */
    async tag(ask: CsrAsk<TagBody>) {
      const { who, params, body } = ask
      const place = await places.toChange(ask, params.subject ?? '', 'create')
      const which = versionOf(params.version)
      const row = await readVersion(store.db, place.project, place.subject, which)
      if (row === undefined) {
        if ((await findSubject(store.db, place.project, place.subject)) === undefined)
          throw subjectNotFound(place.subject)
        throw versionNotFound(which)
      }
      const metadata = combineMetadata(row.metadata, metadataOf(body.metadata)) ?? {}
      const { type, schema, references } = row
      const wanted = {
        type,
        schema,
        references,
        metadata: { ...metadata, tags: tagsAfter(metadata.tags, body) },
        ruleSet: combineRules(row.ruleSet, ruleSetOf(body.ruleSet)),
        ...(typeof body.newVersion === 'number' && body.newVersion > 0 && { version: body.newVersion }),
      }
      try {
        return registered(await register(who, place, wanted))
      } catch (error) {
        throw asRefusal(error)
      }
    },

    /** The newest version whose properties have all these values. */
    async findByMetadata(ask: CsrAsk) {
      const { key = [], value = [], deleted = false } = ask.query
      const place = await places.toRead(ask, ask.params.subject ?? '')
      const versions = await listVersions(store.db, place.project, place.subject, { deleted })
      if (versions.length === 0) throw subjectNotFound(place.subject)
      const row = versions.find(({ metadata }) =>
        key.every((name, index) => metadata?.properties?.[name] === (value[index] ?? '')),
      )
      if (row === undefined) throw schemaNotFound()
      return versionAnswer(ask, row)
    },
  }
}
