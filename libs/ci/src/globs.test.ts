import { expect, it } from 'vitest'
import { globMatcher } from './globs.ts'

it.each([
  ['README.md', 'README.md', true],
  ['*.md', 'README.md', true],
  ['*.md', 'docs/README.md', false],
  ['**/*.md', 'docs/a/README.md', true],
  ['**/*.md', 'README.md', true],
  ['docs/**/*', 'docs/a/b', true],
  ['docs/*', 'docs/.hidden', true],
  ['a**/b', 'ax/b', true],
  ['a**/b', 'a/x/b', false],
  ['src/{a,b}/*.ts', 'src/b/x.ts', true],
  ['src/{a,b}/*.ts', 'src/c/x.ts', false],
  ['v?.[0-9]', 'v1.2', true],
  ['v[!0-9]', 'v1', false],
  ['a+(b)', 'a+(b)', true],
])('%s and %s: %s', (glob, path, expected) => {
  expect(globMatcher(glob)(path)).toBe(expected)
})
