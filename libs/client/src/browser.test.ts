import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const libs = new URL('../../', import.meta.url)

/** A package's index, and all of the package that it leads to. */
function reachable(file: URL, seen = new Map<string, string>()): Map<string, string> {
  if (seen.has(file.href)) return seen
  const text = readFileSync(file, 'utf8')
  seen.set(file.href, text)
  for (const [, path = ''] of text.matchAll(/from '(\.[^']+)'/g)) reachable(new URL(path, file), seen)
  return seen
}

test('nothing that the client brings to a browser imports a module of Node', () => {
  const offenders = ['client', 'contracts', 'kernel'].flatMap((lib) => {
    const files = reachable(new URL(`${lib}/src/index.ts`, libs))
    expect(files.size).toBeGreaterThan(5)
    return [...files].filter(([, text]) => /from '(?:node:|fastify|pino|pg)/.test(text)).map(([file]) => file)
  })
  expect(offenders).toEqual([])
})
