import { Ajv } from 'ajv'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import draft04 from 'ajv-draft-04'
import formats from 'ajv-formats'
import meta06 from 'ajv/dist/refs/json-schema-draft-06.json' with { type: 'json' }
import { invalid, isMap, type Json } from '../json-text.ts'
import { subschemas } from './json-keywords.ts'
import { patternOf } from './json-patterns.ts'

type Validator = Ajv | Ajv2019 | Ajv2020 | InstanceType<typeof draft04.default>
export type Dialect = {
  readonly name: '4' | '6' | '7' | '2019' | '2020'
  /** Says whether something is a schema of this draft. */
  readonly ajv: () => Validator
  /** Compiles one schema that was found good. */
  readonly compiler: () => Validator
  /** Keywords that this draft takes no notice of, though its validator may. */
  readonly ignored: ReadonlySet<string>
}

/** Stands in every schema that a reference leads to, so that a payload's recursion is counted; see `validate`. */
export const stepKeyword = 'plinth:step'
const stepsMax = 50_000
let steps = 0
/** Characters times instructions of the patterns that they are matched with; each takes up to 30 ns. */
const matchingMax = 30_000_000
let matching = 0

/** A payload that takes more than this would let one small message occupy the process: choices multiply at each level. */
export class TooManySteps extends Error {}

/** Runs a validator with a fresh budget; throws TooManySteps. */
export function counted<Result>(run: () => Result): Result {
  steps = stepsMax
  matching = matchingMax
  return run()
}

function matches(source: string, text: string): boolean {
  const pattern = patternOf(source)
  matching -= text.length * pattern.size
  if (matching < 0) throw new TooManySteps()
  return pattern.test(text)
}

const options = {
  strict: false,
  allErrors: true,
  logger: false,
  inlineRefs: false,
  // 19.99 is a multiple of 0.01 to everybody but a double.
  multipleOfPrecision: 9,
  code: {
    // Three times as fast to compile, which is what a schema that was just registered waits for.
    optimize: false,
    regExp: Object.assign(
      (source: string) => ({ test: (text: string) => matches(source, text), toString: () => `/${source}/` }),
      { code: 'patternOf' },
    ),
  },
} as const

function equipped<Kind extends Validator>(ajv: Kind): Kind {
  formats.default(ajv)
  ajv.addKeyword({
    keyword: stepKeyword,
    errors: false,
    validate: () => {
      if (steps-- <= 0) throw new TooManySteps()
      return true
    },
  })
  return ajv
}

const once = (make: () => Validator): (() => Validator) => {
  let made: Validator | undefined
  return () => (made ??= make())
}

/** A validator keeps something of each schema that it compiled; after so many it is left to be collected with all of it. */
const compiledMax = 500

const renewed = (make: () => Validator): (() => Validator) => {
  let made: Validator | undefined
  let compiled = 0
  return () => {
    if (made === undefined || ++compiled > compiledMax) {
      compiled = 0
      made = make()
    }
    return made
  }
}

const conditions = ['if', 'then', 'else']
const since6 = ['const', 'contains', 'propertyNames']
const since2019 = [
  'dependentRequired',
  'dependentSchemas',
  'unevaluatedProperties',
  'unevaluatedItems',
  'minContains',
  'maxContains',
]
/** No draft knows these; to the validator they would mean something, and the last one that it answers with promises. */
const foreign = ['nullable', '$async']
const dialect = (
  name: Dialect['name'],
  make: (
    own: Omit<typeof options, 'allErrors'> & { allErrors: boolean; meta?: false; validateSchema?: false },
  ) => Validator,
  ignored: readonly string[],
): Dialect => ({
  name,
  ajv: once(() => equipped(make({ ...options, allErrors: false }))),
  compiler: renewed(() => equipped(make({ ...options, meta: false, validateSchema: false }))),
  ignored: new Set([...ignored, ...foreign]),
})

const draft4 = dialect('4', (own) => new draft04.default(own), [...since6, ...conditions, ...since2019, 'prefixItems'])
const draft6 = dialect('6', (own) => new Ajv({ ...own, meta: false, defaultMeta: meta06.$id }).addMetaSchema(meta06), [
  ...conditions,
  ...since2019,
  'prefixItems',
])
const draft7 = dialect('7', (own) => new Ajv(own), [...since2019, 'prefixItems'])
const draft2019 = dialect('2019', (own) => new Ajv2019(own), ['prefixItems'])
const draft2020 = dialect('2020', (own) => new Ajv2020(own), ['additionalItems'])

const dialects: readonly (readonly [RegExp, Dialect])[] = [
  [/^https?:\/\/json-schema\.org\/draft-04\/schema#?$/, draft4],
  [/^https?:\/\/json-schema\.org\/draft-06\/schema#?$/, draft6],
  [/^https?:\/\/json-schema\.org\/draft-07\/schema#?$/, draft7],
  [/^https?:\/\/json-schema\.org\/draft\/2019-09\/schema#?$/, draft2019],
  [/^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/, draft2020],
]

const newerKeywords = [
  'prefixItems',
  'dependentRequired',
  'dependentSchemas',
  'unevaluatedProperties',
  'unevaluatedItems',
  'minContains',
  'maxContains',
  '$anchor',
  '$dynamicAnchor',
]

/** Which draft a document is written in; one that doesn't say is read as draft 7, as Confluent's clients do, unless it uses what came later. */
export function dialectOf(schema: Json): Dialect {
  const uri = isMap(schema) ? schema['$schema'] : undefined
  if (uri === undefined) return usesNewer(schema) ? draft2020 : draft7
  const known = dialects.find(([pattern]) => typeof uri === 'string' && pattern.test(uri))
  if (!known)
    throw invalid(
      '/$schema',
      `${JSON.stringify(uri).slice(0, 80)} is not known; use drafts 4, 6, 7, 2019-09 or 2020-12`,
    )
  return known[1]
}

const usesNewer = (schema: Json): boolean =>
  isMap(schema) &&
  (newerKeywords.some((key) => Object.hasOwn(schema, key)) ||
    subschemas(schema).some((inner) => usesNewer(inner.schema)))
