import { Ajv } from 'ajv'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { formatOf } from '../format.ts'
import { unreadable } from './json-schema-diff.ts'
import { resolve } from './json-reference.ts'
import { canonical, invalid, isMap, pointer, readJson, type Json } from '../json-text.ts'

const options = { strict: false, allErrors: true, logger: false, validateFormats: false } as const
const drafts: readonly { uri: RegExp; ajv: Ajv | Ajv2019 | Ajv2020 }[] = [
  { uri: /draft-0[67]\/schema#?$/, ajv: new Ajv(options) },
  { uri: /draft\/2019-09\/schema#?$/, ajv: new Ajv2019(options) },
  { uri: /draft\/2020-12\/schema#?$/, ajv: new Ajv2020(options) },
]

/** Only places in the schema itself are followed: nothing is ever fetched. */
function refuseForeignReferences(schema: Json, path: string, root: Json): void {
  if (Array.isArray(schema))
    return schema.forEach((item, index) => refuseForeignReferences(item, pointer(path, index), root))
  if (!isMap(schema)) return
  for (const key of ['$ref', '$dynamicRef', '$recursiveRef']) {
    const reference = schema[key]
    if (typeof reference !== 'string') continue
    if (key !== '$ref') throw invalid(pointer(path, key), `${key} is not supported; use $ref to a place under "$defs"`)
    if (!reference.startsWith('#'))
      throw invalid(
        pointer(path, key),
        `${reference.slice(0, 80)} is outside of the schema; put what it names under "$defs"`,
      )
    if (reference !== '#' && resolve(root, reference) === undefined)
      throw invalid(pointer(path, key), `${reference.slice(0, 80)} names nothing in the schema`)
  }
  for (const [key, value] of Object.entries(schema))
    if (key !== 'const' && key !== 'enum' && key !== 'examples' && key !== 'default')
      refuseForeignReferences(value, pointer(path, key), root)
}

/** JSON Schema, drafts 6 to 2020-12. */
export const jsonSchemaFormat = formatOf<Json>({
  kind: 'JSON',
  read({ text }) {
    const schema = readJson(text)
    if (typeof schema !== 'boolean' && !isMap(schema)) throw invalid('', 'a JSON Schema is an object, or true or false')
    const dialect =
      isMap(schema) && typeof schema['$schema'] === 'string'
        ? schema['$schema']
        : 'https://json-schema.org/draft/2020-12/schema'
    const draft = drafts.find(({ uri }) => uri.test(dialect))
    if (!draft) throw invalid('/$schema', `${dialect.slice(0, 80)} is not known; use drafts 6 to 2020-12`)
    const { ajv } = draft
    if (!ajv.validateSchema(schema)) {
      const [first] = ajv.errors ?? []
      throw invalid(first?.instancePath ?? '', first?.message ?? 'it is no JSON Schema')
    }
    refuseForeignReferences(schema, '', schema)
    return schema
  },
  canonical,
  fields: () => [],
  unreadable,
})
