import { parseDocument, YAMLError } from 'yaml'
import type { Source } from '../format.ts'
import { invalid, isMap, pointer, readJson, type Json, type JsonMap } from '../json-text.ts'

/** A description of an API that was read. */
export type ApiDocument = {
  /** As it was written. */
  readonly own: JsonMap
  /** With the texts that it refers to under `x-references`; every `$ref` in it is `#` and a JSON pointer. */
  readonly root: JsonMap
}
/** A value behind its references, and where it stands. */
export type Found = { readonly value: JsonMap; readonly at: string }

const charactersMax = 1_048_576
const valuesMax = 200_000
const aliasesMax = 100
const hopsMax = 20

/** Reads JSON or YAML and what it refers to; throws schemas.schema_invalid with the place. Nothing is fetched, no file is read. */
export function readApiDocument({ text, references }: Source): ApiDocument {
  const size = references.reduce((sum, reference) => sum + reference.text.length, text.length)
  if (size > charactersMax) throw invalid('', `with its references it has more than ${charactersMax} characters`)
  const own = readText(text)
  if (!isMap(own)) throw invalid('', 'a description of an API is an object')
  const names = new Set(references.map(({ name }) => name))
  const budget = { values: valuesMax }
  const held: JsonMap = {}
  for (const { name, text: other } of references)
    held[name] = located(readText(other), '', { names, base: pointer('', 'x-references', name), budget })
  const root = located(own, '', { names, base: '', budget })
  return { own, root: isMap(root) ? { ...root, ...(references.length > 0 && { 'x-references': held }) } : own }
}

/** YAML is a superset of JSON, and much slower to read. */
const readText = (text: string): Json => (/^\s*[{[]/.test(text) ? readJson(text) : readJson(jsonOf(text)))

function jsonOf(text: string): string {
  try {
    // Unique keys are checked pair by pair, which takes the square of their number; the last one counts, as in JSON.
    const document = parseDocument(text, { schema: 'core', uniqueKeys: false, logLevel: 'silent', prettyErrors: false })
    const [wrong] = document.errors
    if (wrong) throw wrong
    const json = JSON.stringify(document.toJS({ maxAliasCount: aliasesMax }))
    if (json === undefined) throw invalid('', 'it is empty')
    if (json.length > 4 * charactersMax) throw invalid('', 'with its aliases written out it is too large')
    return json
  } catch (error) {
    if (error instanceof YAMLError)
      throw invalid(
        `line ${lineAt(text, error.pos[0])}`,
        `it is neither JSON nor YAML (${error.message.slice(0, 160)})`,
      )
    if (error instanceof RangeError) throw invalid('', 'it is nested too deep')
    if (error instanceof ReferenceError || error instanceof TypeError)
      throw invalid('', `it is no YAML that stands for JSON (${error.message.slice(0, 120)})`)
    throw error
  }
}

const lineAt = (text: string, position: number): number => text.slice(0, position).split('\n').length

type Scope = { readonly names: ReadonlySet<string>; readonly base: string; readonly budget: { values: number } }

/** The same value with its references as places in the whole; what is elsewhere is refused. */
function located(value: Json, path: string, scope: Scope): Json {
  if (scope.budget.values-- <= 0) throw invalid('', `it has more than ${valuesMax} values`)
  if (Array.isArray(value)) return value.map((item, index) => located(item, pointer(path, index), scope))
  if (!isMap(value)) return value
  const copy: JsonMap = {}
  for (const [key, item] of Object.entries(value)) {
    const at = pointer(path, key)
    copy[key] = key === '$ref' && typeof item === 'string' ? placeOf(item, at, scope) : located(item, at, scope)
  }
  return copy
}

function placeOf(reference: string, at: string, { names, base }: Scope): string {
  const hash = reference.indexOf('#')
  const name = (hash === -1 ? reference : reference.slice(0, hash)).replace(/^\.\//, '')
  const fragment = hash === -1 ? '' : reference.slice(hash + 1)
  if (fragment !== '' && !fragment.startsWith('/'))
    throw invalid(at, `'${reference.slice(0, 100)}' is a name; refer by place, as in #/components/schemas/Name`)
  if (name === '') return `#${base}${fragment}`
  if (!names.has(name))
    throw invalid(
      at,
      `'${reference.slice(0, 100)}' is not in the text, and nothing is fetched; put it under "components", or register it and refer to its subject by this name`,
    )
  return `#${pointer('', 'x-references', name)}${fragment}`
}

/** A value where a text is wanted. */
export const textOf = (value: Json | undefined, fallback = ''): string => (typeof value === 'string' ? value : fallback)

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** What a place in the whole holds; undefined where there is nothing. */
export function valueAt(root: JsonMap, place: string): Json | undefined {
  let at: Json | undefined = root
  for (const token of place.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(at)) at = /^\d+$/.test(key) ? at[Number(key)] : undefined
    else at = isMap(at) && Object.hasOwn(at, key) ? at[key] : undefined
  }
  return at
}

/** The place that a reference of the whole means. */
export const targetOf = (reference: string): string => decoded(reference.slice(1))

/** An object behind its references; throws schemas.schema_invalid where one leads to nothing. */
export function follow(root: JsonMap, value: Json | undefined, at: string): Found {
  let found = value
  let place = at
  for (let hops = 0; isMap(found) && typeof found['$ref'] === 'string'; hops++) {
    const target = targetOf(found['$ref'])
    const next = hops < hopsMax ? valueAt(root, target) : undefined
    if (next === undefined) throw invalid(pointer(place, '$ref'), `'${found['$ref'].slice(0, 100)}' leads to nothing`)
    found = next
    place = target
  }
  if (!isMap(found)) throw invalid(place, 'an object is wanted')
  return { value: found, at: place }
}
