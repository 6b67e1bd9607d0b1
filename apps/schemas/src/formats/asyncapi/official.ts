import { createRequire } from 'node:module'
import { Ajv, type SchemaObject, type ValidateFunction } from 'ajv'
import { once, worstOf } from '../api/official.ts'
import { invalid, type JsonMap } from '../json-text.ts'

const require = createRequire(import.meta.url)

/** Each is some hundred kilobytes, and read when the first description of its version comes. */
const official = (read: () => unknown): (() => ValidateFunction) =>
  once(() => new Ajv({ strict: false, validateFormats: false, logger: false }).compile(read() as SchemaObject))

const versions: ReadonlyMap<string, () => ValidateFunction> = new Map([
  ['2.0.0', official(() => require('@asyncapi/specs/schemas/2.0.0-without-$id.json'))],
  ['2.1.0', official(() => require('@asyncapi/specs/schemas/2.1.0-without-$id.json'))],
  ['2.2.0', official(() => require('@asyncapi/specs/schemas/2.2.0-without-$id.json'))],
  ['2.3.0', official(() => require('@asyncapi/specs/schemas/2.3.0-without-$id.json'))],
  ['2.4.0', official(() => require('@asyncapi/specs/schemas/2.4.0-without-$id.json'))],
  ['2.5.0', official(() => require('@asyncapi/specs/schemas/2.5.0-without-$id.json'))],
  ['2.6.0', official(() => require('@asyncapi/specs/schemas/2.6.0-without-$id.json'))],
  ['3.0.0', official(() => require('@asyncapi/specs/schemas/3.0.0-without-$id.json'))],
  ['3.1.0', official(() => require('@asyncapi/specs/schemas/3.1.0-without-$id.json'))],
])

/** Refuses what AsyncAPI's own schema of a version refuses, with the place that lies deepest. */
export function checkOfficially(own: JsonMap): void {
  const version = own['asyncapi']
  const validate = typeof version === 'string' ? versions.get(version)?.() : undefined
  if (!validate)
    throw invalid(
      '/asyncapi',
      `${JSON.stringify(version ?? null).slice(0, 40)} is not known; use ${[...versions.keys()].join(', ')}`,
    )
  if (!validate(own)) throw worstOf(validate.errors ?? [])
}
