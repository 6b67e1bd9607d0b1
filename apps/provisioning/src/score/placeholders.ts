/** A reference as it stands in `${...}`: `resources.database.host` in its parts, where `\.` is a dot within one. */
export const referenceParts = (reference: string): string[] =>
  reference.split(/(?<!\\)\./).map((part) => part.replaceAll('\\.', '.'))

/** Leftmost first: `$${x}` or `${x}` as one, else `$$`; a lone dollar is text. */
const placeholder = /\$(?:(\$?)\{([^}]*)\}|\$)/g

/**
 * Fills the placeholders of a text (Score, "placeholders"): `${x}` becomes what `resolve` says, `$${x}` the text
 * `${x}`, and `$$` one dollar. What was filled in is not looked at again. `resolve` throws for what it does not know.
 */
export const substitute = (text: string, resolve: (reference: string) => string): string =>
  text.replace(placeholder, (match: string, escape: string | undefined, reference: string | undefined) =>
    reference === undefined || escape === '$' ? match.slice(1) : resolve(reference),
  )

/** Every reference in a text, escaped ones left out. */
export function referencesIn(text: string): string[] {
  const found: string[] = []
  substitute(text, (reference) => {
    found.push(reference)
    return ''
  })
  return found
}

export type Lookup = {
  metadata: Readonly<Record<string, unknown>>
  /** The value of an output path of a resource; without a path its id. Undefined where there is none. */
  resource(name: string, path: readonly string[]): unknown
}

/** The text of a reference; anything but a string is inserted as JSON. Throws an Error that says what is wrong with it. */
export function resolveReference(reference: string, { metadata, resource }: Lookup): string {
  const [root, first, ...rest] = referenceParts(reference)
  const named = `\${${reference}}`
  if (root !== 'metadata' && root !== 'resources') {
    throw new Error(`${named} names neither metadata nor resources; write $${named} for the text itself`)
  }
  if (first === undefined || first === '') throw new Error(`${named} must say which of ${root}`)
  const value = root === 'metadata' ? memberOf(metadata, [first, ...rest]) : resource(first, rest)
  if (value === undefined) throw new Error(`${named} is not there`)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function memberOf(value: unknown, path: readonly string[]): unknown {
  let current = value
  for (const part of path) {
    if (current === null || typeof current !== 'object' || !Object.hasOwn(current, part)) return undefined
    current = (current as Record<string, unknown>)[part]
  }
  return current
}
