import { createRequire } from 'node:module'
import { Ajv, type SchemaObject, type ValidateFunction } from 'ajv'
import { once, worstOf } from '../api/official.ts'
import { invalid, type JsonMap } from '../json-text.ts'

const load = createRequire(import.meta.url)
const schemaOf = (version: string): SchemaObject =>
  load(`@asyncapi/specs/schemas/${version}-without-$id.json`) as SchemaObject

const known = ['2.0.0', '2.1.0', '2.2.0', '2.3.0', '2.4.0', '2.5.0', '2.6.0', '3.0.0', '3.1.0']
const versions: ReadonlyMap<string, () => ValidateFunction> = new Map(
  known.map((version) => [
    version,
    once(() => new Ajv({ strict: false, validateFormats: false, logger: false }).compile(schemaOf(version))),
  ]),
)

/** Refuses what AsyncAPI's own schema of a version refuses, with the place that lies deepest. */
export function checkOfficially(own: JsonMap): void {
  const version = own['asyncapi']
  const validate = typeof version === 'string' ? versions.get(version)?.() : undefined
  if (!validate)
    throw invalid('/asyncapi', `${JSON.stringify(version ?? null).slice(0, 40)} is not known; use ${known.join(', ')}`)
  if (!validate(own)) throw worstOf(validate.errors ?? [])
}
