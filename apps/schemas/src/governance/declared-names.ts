import type { Schema } from '../formats/format.ts'
import { isMap, type Json } from '../formats/json-text.ts'

/** A type that a schema declares. `fallback`: whether an enum has a value for what its reader does not know. */
export type DeclaredName = { kind: 'record' | 'enum' | 'fixed' | 'message' | 'type'; name: string; fallback?: boolean }

const namesMax = 1_000

/** The named types of a schema, in their order; of languages that name no types: none. */
export function declaredNames({ kind, canonical }: Schema): DeclaredName[] {
  if (kind === 'AVRO') return inAvro(canonical)
  if (kind === 'PROTOBUF') return inProtobuf(canonical)
  if (kind === 'GRAPHQL') return inGraphql(canonical)
  return []
}

function inAvro(canonical: string): DeclaredName[] {
  const found: DeclaredName[] = []
  const open: Json[] = [JSON.parse(canonical) as Json]
  for (let at = open.pop(); at !== undefined && found.length < namesMax; at = open.pop()) {
    if (Array.isArray(at)) open.push(...[...at].reverse())
    if (!isMap(at)) continue
    const { type, name, fields, items, values } = at
    if ((type === 'record' || type === 'error' || type === 'enum' || type === 'fixed') && typeof name === 'string') {
      const bare = name.slice(name.lastIndexOf('.') + 1)
      found.push({
        kind: type === 'error' ? 'record' : type,
        name: bare,
        ...(type === 'enum' && { fallback: 'default' in at }),
      })
    }
    for (const inner of [values, items, fields, typeof type === 'string' ? undefined : type])
      if (inner !== undefined) open.push(inner)
  }
  return found
}

/** Comments and texts go first: what is in them declares nothing. */
const bare = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"/g, ' ')

function inProtobuf(text: string): DeclaredName[] {
  const found: DeclaredName[] = []
  for (const [, kind, name = '', rest = ''] of bare(text).matchAll(/\b(message|enum)\s+([A-Za-z_]\w*)\s*\{([^{}]*)/g)) {
    if (found.length >= namesMax) break
    if (kind === 'message') found.push({ kind: 'message', name })
    else {
      const zero = /\b([A-Za-z_]\w*)\s*=\s*0\b/.exec(rest)?.[1]
      found.push({
        kind: 'enum',
        name,
        fallback: zero !== undefined && /(?:^|_)(?:UNSPECIFIED|UNKNOWN|NONE|UNDEFINED)$/i.test(zero),
      })
    }
  }
  return found
}

const inGraphql = (text: string): DeclaredName[] =>
  [
    ...text
      .replace(/"""[\s\S]*?"""|#[^\n]*|"(?:[^"\\\n]|\\.)*"/g, ' ')
      .matchAll(/^[ \t]*(type|input|interface|union|enum|scalar)\s+([A-Za-z_]\w*)/gm),
  ]
    .slice(0, namesMax)
    .map(([, kind, name = '']) => ({ kind: kind === 'enum' ? ('enum' as const) : ('type' as const), name }))
