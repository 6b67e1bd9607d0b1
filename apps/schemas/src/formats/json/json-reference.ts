import { isMap, type Json } from '../json-text.ts'

/** What a reference into the same document names: `#`, or `#/` and a JSON pointer; undefined for anything else. */
export function resolve(root: Json, reference: string): Json | undefined {
  if (reference === '#') return root
  if (!reference.startsWith('#/')) return undefined
  let at: Json | undefined = root
  for (const token of reference.slice(2).split('/')) {
    const key = unescape(token)
    at = Array.isArray(at) ? at[Number(key)] : isMap(at) && Object.hasOwn(at, key) ? at[key] : undefined
  }
  return at
}

function unescape(token: string): string {
  try {
    return decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return token
  }
}
