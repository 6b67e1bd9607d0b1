/** The words of a name, in lower case: `customerEmail`, `customer_email` and `CUSTOMER-EMAIL` have the same. */
export const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')

const togetherMax = 4

/** Whether a name has one of the words, also where it writes one as several: `dateOfBirth` has `dateofbirth`. */
export function hasWord(name: string, words: ReadonlySet<string>): string | undefined {
  const parts = wordsOf(name)
  for (let start = 0; start < parts.length; start++) {
    for (let end = start + 1; end <= Math.min(parts.length, start + togetherMax); end++) {
      const word = parts.slice(start, end).join('')
      if (words.has(word)) return word
    }
  }
  return undefined
}

/** The last name of a path, without what stands for items, values and branches: `entry.lines[].amount` is `amount`. */
export const lastName = (path: string): string =>
  path
    .slice(path.lastIndexOf('.') + 1)
    .replace(/<[^>]*>/g, '')
    .replace(/[[\]{}]/g, '')

/** The styles that names can be held to. */
export const nameStyles: Readonly<Record<string, RegExp>> = {
  camel: /^[a-z][A-Za-z0-9]*$/,
  snake: /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/,
  'camel-or-snake': /^(?:[a-z][A-Za-z0-9]*|[a-z][a-z0-9]*(?:_[a-z0-9]+)*)$/,
  pascal: /^[A-Z][A-Za-z0-9]*$/,
  kebab: /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/,
  dotted: /^[a-z][a-z0-9]*(?:[.-][a-z0-9]+)*$/,
  topic: /^[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*-(?:key|value)$/,
  any: /^/,
}
