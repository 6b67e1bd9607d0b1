import type { Template } from './load.ts'
import { valuesOf, type Facts, type ValueNames } from './values.ts'
import type { SeedFile } from './vendor.ts'

const placeholder = /\$\{\{\s*(values|vendored)\.([A-Za-z@][A-Za-z0-9@/._-]*)\s*\}\}/g

/** Throws for a placeholder that would stay empty, and for free text where it could become something else than text. */
export function checkPlaceholders(
  { path, content }: SeedFile,
  { safe, prose }: ValueNames,
  versions: ReadonlyMap<string, string>,
): void {
  const isProse = /\.(?:md|txt)$/i.test(path)
  for (const text of [path, content]) {
    const left = text.replace(placeholder, (match: string, root: string, name: string) => {
      const isKnown = root === 'vendored' ? versions.has(name) : safe.has(name) || prose.has(name)
      if (!isKnown) throw new Error(`${path}: nothing is known as ${match}`)
      if (root === 'values' && !safe.has(name) && (text === path || !isProse)) {
        throw new Error(`${path}: ${match} is free text and could break out of its place; use ${name}Json`)
      }
      return ''
    })
    if (left.includes('${{'))
      throw new Error(`${path}: '${left.slice(left.indexOf('${{'), left.indexOf('${{') + 40)}' is no placeholder`)
  }
}

/** The files of a new repository. Each placeholder is replaced by its text, once: nothing in a value is looked at again. */
export function render({ skeleton, vendored }: Pick<Template, 'skeleton' | 'vendored'>, facts: Facts): SeedFile[] {
  const values = valuesOf(facts)
  const fill = (text: string): string =>
    text.replace(placeholder, (match: string, root: string, name: string) => {
      const value = root === 'vendored' ? vendored.versions.get(name) : values.get(name)
      if (value === undefined) throw new Error(`nothing is known as ${match}`)
      return value
    })
  const own = skeleton.map(({ path, content, executable }) => ({
    path: fill(path),
    content: fill(content),
    executable,
  }))
  return [...own, ...vendored.files]
}
