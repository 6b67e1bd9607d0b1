import { isMap, pointer, type Json, type JsonMap } from '../json-text.ts'
import { isSchema, subschemas } from './json-keywords.ts'

/** Where names lead: absolute URIs of resources, and their anchors, each to a JSON pointer in the whole. */
export type Names = {
  readonly resources: Map<string, string>
  readonly anchors: Map<string, string>
  /** By the pointer of a schema that changes it: what relative references below it start from. */
  readonly bases: Map<string, string>
  /** Dynamic anchors that are there once mean what a plain one does; those there more often aren't supported. */
  readonly ambiguous: Set<string>
}

export const namesOf = (): Names => ({
  resources: new Map(),
  anchors: new Map(),
  bases: new Map(),
  ambiguous: new Set(),
})

/** Documents that name no place of their own are put here; nothing is ever fetched from anywhere. */
export const homeUri = 'schema://references/'

/** An absolute URI without its fragment; undefined where the two make none. */
export function absolute(reference: string, base: string): string | undefined {
  const [place = ''] = reference.split('#')
  if (place === '') return base
  return URL.canParse(place, base) ? new URL(place, base).href.replace(/#$/, '') : undefined
}

/** Adds what a document and the schemas in it are called. */
export function nameAll(names: Names, document: Json, at: string, base: string, idKey: '$id' | 'id'): void {
  if (!isSchema(document)) return
  names.bases.set(at, base)
  names.resources.set(base, at)
  visit(names, document, at, base, idKey)
}

function visit(names: Names, schema: boolean | JsonMap, at: string, outer: string, idKey: '$id' | 'id'): void {
  if (!isMap(schema)) return
  const id = schema[idKey]
  let base = outer
  if (typeof id === 'string') {
    base = absolute(id, outer) ?? outer
    if (base !== outer) {
      names.bases.set(at, base)
      if (!names.resources.has(base)) names.resources.set(base, at)
    }
    // Before 2019-09 an anchor was an id that is a fragment.
    if (/#./.test(id)) names.anchors.set(`${base}#${id.split('#')[1]}`, at)
  }
  if (schema['$recursiveAnchor'] === true) {
    if (names.anchors.has('*#')) names.ambiguous.add('')
    names.anchors.set('*#', at)
  }
  for (const key of ['$anchor', '$dynamicAnchor']) {
    const anchor = schema[key]
    if (typeof anchor !== 'string') continue
    if (key === '$dynamicAnchor' && names.anchors.has(`*#${anchor}`)) names.ambiguous.add(anchor)
    if (key === '$dynamicAnchor') names.anchors.set(`*#${anchor}`, at)
    names.anchors.set(`${base}#${anchor}`, at)
  }
  for (const inner of subschemas(schema)) visit(names, inner.schema, pointer(at, ...inner.tokens), base, idKey)
}

/** The base of relative references at a place: that of the nearest schema around it that has one. */
function baseAt(names: Names, at: string): string {
  for (let place = at; ; place = place.slice(0, place.lastIndexOf('/'))) {
    const base = names.bases.get(place)
    if (base !== undefined) return base
    if (place === '') return homeUri
  }
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export const tokensOf = (path: string): string[] =>
  path === ''
    ? []
    : path
        .slice(1)
        .split('/')
        .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))

/** The place in the whole that a reference means; undefined where it names nothing that is there. */
export function locate(names: Names, reference: string, at: string): string | undefined {
  const base = baseAt(names, at)
  const uri = absolute(reference, base)
  if (uri === undefined) return undefined
  const hash = reference.indexOf('#')
  const fragment = hash === -1 ? '' : decoded(reference.slice(hash + 1))
  const written = hash === -1 ? reference : reference.slice(0, hash)
  const resource = names.resources.get(uri) ?? names.resources.get(`${homeUri}${written}`)
  if (resource === undefined) return undefined
  if (fragment === '' || fragment.startsWith('/')) return `${resource}${fragment}`
  return names.anchors.get(`${uri}#${fragment}`)
}

/** What a JSON pointer leads to. */
export function valueAt(root: Json, path: string): Json | undefined {
  let at: Json | undefined = root
  for (const token of tokensOf(path)) {
    at = Array.isArray(at) ? at[Number(token)] : isMap(at) && Object.hasOwn(at, token) ? at[token] : undefined
  }
  return at
}

/** The value that a reference of a bundled document, `#` and a JSON pointer, leads to. */
export const followed = (root: Json, reference: string): Json => valueAt(root, decoded(reference.slice(1))) ?? true

/** A JSON pointer as a reference. */
export const referenceTo = (path: string): string =>
  `#${path
    .split('/')
    .map((token) => encodeURIComponent(token).replaceAll('%24', '$'))
    .join('/')}`
