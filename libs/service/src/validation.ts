import { failure } from '@plinth/contracts'
import type { Problem } from '@plinth/kernel'
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import type { TSchema } from 'typebox'

/** A request tells at most so many problems: enough to mend a form, too few to make the answer an attack. */
const problemsMax = 20
/** Above this size only the first problem is looked for, since collecting them all can cost more than the request. */
const collectBytesMax = 65_536

/** Checks one part of a request, fills in defaults, and throws `platform.request_invalid`. */
export type Check = (value: unknown, sizeBytes: number) => void

const shared: Options = {
  strict: true,
  strictTypes: false,
  strictTuples: false,
  allowUnionTypes: true,
  useDefaults: true,
  removeAdditional: false,
  // `verbose` stays off: it would put the refused value, perhaps a password, into the error object.
  verbose: false,
}

const addFormats = formats.default

function compiler(options: Options): (schema: TSchema) => ValidateFunction {
  const ajv = new Ajv({ ...shared, ...options })
  addFormats(ajv)
  return (schema) => ajv.compile(schema)
}

/** A path or query is text, so numbers and flags are read from it; a body says itself what it is. */
const compilers = {
  text: { first: compiler({ coerceTypes: 'array' }), all: compiler({ coerceTypes: 'array', allErrors: true }) },
  json: { first: compiler({}), all: compiler({ allErrors: true }) },
}

/**
 * Compiles the check of one request part; throws at start when the schema is not a valid one. An object schema that
 * does not say whether it is open is closed at its top level, so that a misspelt member is an error and not a silence.
 */
export function compileCheck(schema: TSchema, part: 'params' | 'query' | 'body'): Check {
  const { first, all } = compilers[part === 'body' ? 'json' : 'text']
  const closed = closedObject(schema)
  const firstOnly = first(closed)
  let collecting: ValidateFunction | undefined
  return (value, sizeBytes) => {
    if (firstOnly(value)) return
    let errors = firstOnly.errors ?? []
    if (sizeBytes <= collectBytesMax) {
      collecting ??= all(closed)
      collecting(value)
      errors = collecting.errors ?? errors
    }
    throw invalid(part, closed, errors)
  }
}

function closedObject(schema: TSchema): TSchema {
  const { type, additionalProperties, patternProperties } = schema as Record<string, unknown>
  const says = additionalProperties !== undefined || patternProperties !== undefined
  return type === 'object' && !says ? { ...schema, additionalProperties: false } : schema
}

function invalid(part: string, schema: TSchema, errors: readonly ErrorObject[]): Error {
  const problems: Problem[] = []
  const seen = new Set<string>()
  for (const error of errors) {
    const problem = { path: pointer(part, error), message: remedy(error, descriptionAt(schema, error.schemaPath)) }
    const key = `${problem.path} ${problem.message}`
    if (seen.has(key)) continue
    seen.add(key)
    if (problems.push(problem) === problemsMax) break
  }
  const [first] = problems
  const more = problems.length > 1 ? ` and ${problems.length - 1} more` : ''
  const detail =
    first === undefined ? `The ${part} is not valid.` : `${first.path}: ${first.message}${more && ` (${more.trim()})`}`
  return failure('platform.request_invalid', { detail, problems })
}

/** `body` and the JSON pointer (RFC 6901) of the place; for a missing or unknown member the pointer of that member. */
function pointer(part: string, { instancePath, params }: ErrorObject): string {
  const member: unknown = params['missingProperty'] ?? params['additionalProperty'] ?? params['propertyName']
  const end = typeof member === 'string' ? `/${member.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')}` : ''
  return `/${part}${instancePath.slice(0, 400)}${end}`
}

/** What the schema says about the place whose rule was broken; the path ends in that rule's keyword. */
function descriptionAt(schema: TSchema, schemaPath: string): string | undefined {
  let at: unknown = schema
  for (const step of schemaPath.split('/').slice(1, -1)) {
    if (typeof at !== 'object' || at === null) return undefined
    at = (at as Record<string, unknown>)[decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  const description = typeof at === 'object' && at !== null && 'description' in at ? at.description : undefined
  return typeof description === 'string' ? description : undefined
}

/** One sentence that says what to do. It quotes the schema, never the value, which may be a secret. */
function remedy({ keyword, params, message }: ErrorObject, description: string | undefined): string {
  switch (keyword) {
    case 'required':
      return 'is missing; add it.'
    case 'additionalProperties':
      return 'is not known here; remove it or mend its name.'
    case 'type':
      return `must be ${[params['type']].flat().join(' or ')}.`
    case 'const':
      return `must be ${JSON.stringify(params['allowedValue'])}.`
    case 'enum':
      return `must be one of ${(params['allowedValues'] as unknown[]).map((value) => JSON.stringify(value)).join(', ')}.`
    case 'pattern':
      return description !== undefined ? `must be: ${description}.` : `must match ${params['pattern']}.`
    case 'anyOf':
    case 'oneOf':
      return 'must be one of the declared forms.'
    default:
      return `${message ?? 'is not valid'}.`
  }
}
