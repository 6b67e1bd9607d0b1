import type { ErrorObject, ValidateFunction } from 'ajv'
import type { Problem } from '../format.ts'
import { isMap, pointer, type JsonMap } from '../json-text.ts'
import type { JsonDocument } from './json-document.ts'
import { counted, stepKeyword, TooManySteps } from './json-dialects.ts'
import { rewritten } from './json-keywords.ts'

/** Compiled validators are code; those used least recently are dropped above this count. */
const compiledMax = 500
/** A value takes about half a kilobyte when it is compiled. */
const heldValuesMax = 200_000
/** Compiling takes some 40 µs for each value of a schema, in which nobody else is served. */
const valuesMax = 20_000
const problemsMax = 50
const compiled = new Map<JsonDocument, ValidateFunction>()
let heldValues = 0

/** What is wrong with a payload, at most 50 things, each with its place. */
export function problemsOf(document: JsonDocument, payload: unknown): Problem[] {
  if (document.values > valuesMax)
    return [{ path: '', message: `the schema has more than ${valuesMax} values, too many to check payloads by` }]
  try {
    const validate = validatorOf(document)
    if (counted(() => validate(payload))) return []
    return (validate.errors ?? []).slice(0, problemsMax).map(problemOf)
  } catch (error) {
    if (error instanceof TooManySteps || error instanceof RangeError)
      return [
        {
          path: '',
          message:
            'it takes too long to check: choices of the schema multiply at each of its levels, or text is long for a pattern',
        },
      ]
    // How the validator compares objects asks them for these, and a payload may have properties of the name.
    if (error instanceof TypeError && /(?:valueOf|toString) is not a function/.test(error.message))
      return [{ path: '', message: 'an object with a property called valueOf or toString is compared with a value' }]
    throw error
  }
}

export const isValid = (document: JsonDocument, payload: unknown): boolean => problemsOf(document, payload).length === 0

function problemOf({ instancePath, keyword, message, params }: ErrorObject): Problem {
  const named: unknown = params['additionalProperty'] ?? params['unevaluatedProperty'] ?? params['missingProperty']
  const path = typeof named === 'string' ? pointer(instancePath, named) : instancePath
  const values: unknown = params['allowedValues'] ?? params['allowedValue']
  const allowed = values === undefined ? '' : `: ${JSON.stringify(values).slice(0, 200)}`
  return { path, message: `${message ?? `${keyword} does not hold`}${allowed}` }
}

function validatorOf(document: JsonDocument): ValidateFunction {
  const known = compiled.get(document)
  if (known) {
    compiled.delete(document)
    compiled.set(document, known)
    return known
  }
  const validate = document.dialect.compiler().compile(prepared(document))
  compiled.set(document, validate)
  heldValues += document.values
  for (const oldest of compiled.keys()) {
    if (oldest === document || (compiled.size <= compiledMax && heldValues <= heldValuesMax)) break
    compiled.delete(oldest)
    heldValues -= oldest.values
  }
  return validate
}

/** An empty array passes the validator's `contains` where a keyword before it passed: it looks at that one's answer. */
const filled = ({ contains, minContains, minItems }: JsonMap): JsonMap =>
  contains === undefined || (minContains ?? 1) !== 1
    ? {}
    : { minItems: Math.max(typeof minItems === 'number' ? minItems : 0, 1) }

/** Without names, which would be taken for bases of its references, and with steps counted where references lead to. */
function prepared({ root, targets }: JsonDocument): boolean | JsonMap {
  if (!isMap(root)) return root
  return rewritten(root, (schema, at) => {
    const {
      $id: _id,
      id: _oldId,
      $anchor: _anchor,
      $dynamicAnchor: _dynamic,
      $recursiveAnchor: _recursive,
      ...rest
    } = schema
    const { $schema: _schema, ...inner } = rest
    return { ...(at === '' ? rest : inner), ...filled(rest), ...(targets.has(at) && { [stepKeyword]: true }) }
  })
}
