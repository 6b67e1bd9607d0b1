import { expect, it } from 'vitest'
import { planOf, problemsOf } from './testing/plan-of.ts'

const cachesOf = (text: string) => planOf(text).jobs.map(({ caches }) => caches)

it('reads a cache, one or several, and leaves out of the plan what is not there', () => {
  const text = `
a:
  script: x
  cache: { key: "$CI_COMMIT_REF_SLUG", paths: [node_modules/], policy: pull, when: always, untracked: true, unprotect: true, fallback_keys: [main] }
b: { script: x, cache: [{ paths: [a] }, { key: { files: [package-lock.json], prefix: $CI_JOB_NAME }, paths: [b], policy: $POLICY }] }
c: { script: x, cache: { key: { files_commits: [a, b] }, paths: [b] } }
d: { script: x }
`
  const rest = { fallbackKeys: [], untracked: false, when: 'on_success', policy: 'pull-push', unprotect: false }
  expect(cachesOf(text)).toEqual([
    [{ key: '$CI_COMMIT_REF_SLUG', fallbackKeys: ['main'], paths: ['node_modules/'], untracked: true, when: 'always', policy: 'pull', unprotect: true }],
    [
      { ...rest, key: 'default', paths: ['a'] },
      { ...rest, key: { files: ['package-lock.json'], by: 'content', prefix: '$CI_JOB_NAME' }, paths: ['b'], policy: '$POLICY' },
    ],
    [{ ...rest, key: { files: ['a', 'b'], by: 'commit' }, paths: ['b'] }],
    undefined,
  ]) // prettier-ignore
})

it('a job takes the cache of `default` whole, and says by an empty one that it wants none', () => {
  const text = 'default: { cache: { paths: [a] } }\na: { script: x }\nb: { script: x, cache: [] }\nc: { script: x, cache: {} }' // prettier-ignore
  expect(cachesOf(text).map((caches) => caches?.length)).toEqual([1, undefined, undefined])
})

it.each([
  ['{ key: a/b }', 'without `/`'],
  ['{ key: a%2Fb }', 'without `/`'],
  ['{ key: ".." }', 'not of dots alone'],
  ['{ fallback_keys: [a/b] }', 'cache:fallback_keys'],
  ['{ key: { prefix: a } }', 'needs either `files`'],
  ['{ key: { files: [a], files_commits: [b] } }', 'needs either `files`'],
  ['{ key: { files: [a, b, c] } }', '2 entries at the most'],
  ['{ key: { files: [../a] } }', 'leads out of it'],
  ['{ paths: [/etc] }', 'leads out of it'],
  ['{ paths: [a/../../b] }', 'leads out of it'],
  ['{ policy: never }', 'Expected `pull`, `push`, `pull-push`'],
  ['{ when: manual }', 'Expected `on_success`'],
  ['{ dir: a }', 'Unknown keyword `dir`'],
  ['[{ paths: [a] }, { paths: [b] }, { paths: [c] }, { paths: [d] }, { paths: [e] }]', '4 caches at the most'],
  ['text', 'Expected a mapping'],
])('refuses `cache: %s`', (cache, why) => {
  expect(problemsOf(`a: { script: x, cache: ${cache} }`).join()).toContain(why)
})
