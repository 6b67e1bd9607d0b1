import { describe, expect, it } from 'vitest'
import type { IncludeSource } from './include.ts'
import { loadPipelineFile } from './read-file.ts'

/** Files by how they are named: `ci/a.yml`, `p/templates:ci/a.yml`. */
function load(
  text: string,
  files: Readonly<Record<string, string>> = {},
  inputs: Readonly<Record<string, string>> = {},
) {
  const keyOf = (source: IncludeSource): string =>
    source.kind === 'file' ? `${source.repository ? `${source.repository.project}:` : ''}${source.path}` : source.kind === 'component' ? source.address : '' // prettier-ignore
  return loadPipelineFile(text, {
    inputs,
    fetch: async (source) => {
      const found = files[keyOf(source)]
      const component = source.kind === 'component' ? { name: 'lint', version: '1.2.0' } : undefined
      return found === undefined ? { problem: 'there is no such file' } : { text: found, ...(component && { component }) }
    },
    list: async (pattern) => Object.keys(files).filter((path) => path.startsWith(pattern.split('*')[0] ?? '')),
    variables: new Map([['CI_COMMIT_REF_NAME', 'main'], ['TEAM', 'core']]),
    facts: { changedPaths: undefined, changedSince: {}, files: ['Dockerfile'] },
  }) // prettier-ignore
}
const jobs = async (...args: Parameters<typeof load>) => {
  const { file, problems } = await load(...args)
  expect(problems).toEqual([])
  return Object.fromEntries((file?.jobs ?? []).map((job) => [job.name, job.script]))
}
const problems = async (...args: Parameters<typeof load>) =>
  (await load(...args)).problems.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`)

describe('include', () => {
  it('merges a file of the repository below the file that names it', async () => {
    const files = { 'ci/a.yml': 'a: { script: [included], stage: build }\nb: { script: b }' }
    expect(await jobs('include: /ci/a.yml\na: { script: [own] }', files)).toEqual({ a: ['own'], b: ['b'] })
  })

  it('lets the later of several win, and what they include themselves lie below them', async () => {
    const files = {
      'one.yml': 'include: { local: deep.yml }\na: { script: [one] }',
      'two.yml': 'a: { script: [two] }',
      'deep.yml': 'a: { script: [deep] }\nd: { script: [deep] }',
    }
    expect(await jobs('include: [one.yml, { local: two.yml }]', files)).toEqual({ a: ['two'], d: ['deep'] })
  })

  it('takes files of other repositories, several at once, and what they name locally is theirs', async () => {
    const files = {
      'p/templates:a.yml': 'include: { local: b.yml }\na: { script: a }',
      'p/templates:b.yml': 'b: { script: theirs }',
      'b.yml': 'b: { script: ours }',
      'p/templates:c.yml': 'c: { script: c }',
    }
    const text = 'include: { project: p/templates, ref: v1, file: [a.yml, c.yml] }'
    expect(await jobs(text, files)).toEqual({ a: ['a'], b: ['theirs'], c: ['c'] })
  })

  it('takes all files that a pattern names, in their order', async () => {
    const files = { 'ci/2.yml': 'a: { script: two }', 'ci/1.yml': 'a: { script: one }\nb: { script: b }' }
    expect(await jobs('include: ci/*.yml', files)).toEqual({ a: ['two'], b: ['b'] })
  })

  it('fills in what is known before there is a pipeline, and asks rules with that alone', async () => {
    const files = { 'core.yml': 'a: { script: a }', 'no.yml': 'n: { script: n }' }
    const text = `variables: { TEAM: own }
include:
  - local: $TEAM.yml
  - { local: no.yml, rules: [{ if: $CI_COMMIT_REF_NAME == "next" }] }
  - { local: no.yml, rules: [{ exists: [Makefile] }] }
`
    expect(await jobs(text, files)).toEqual({ a: ['a'] })
  })

  it('resolves extends and !reference over all files', async () => {
    const files = { 'base.yml': '.base: { script: [base], before_script: [one] }' }
    const text =
      'include: base.yml\na: { extends: .base, stage: build }\nb: { script: [!reference [.base, before_script], x] }'
    expect(await jobs(text, files)).toEqual({ a: ['base'], b: ['one', 'x'] })
  })

  it('names the file in which something is wrong', async () => {
    expect(await problems('include: a.yml', { 'a.yml': 'a:\n  scrip: x' })).toContainEqual(
      expect.stringMatching(/^a\.yml:2:3 Unknown keyword `scrip`/),
    )
    expect(await problems('include: a.yml', { 'a.yml': 'a: [' })).toContainEqual(
      expect.stringMatching(/^a\.yml:1:\d+ /),
    )
    expect(await problems('include: gone.yml\na: { script: x }')).toEqual([
      ".gitlab-ci.yml:1:10 `gone.yml` can't be included: there is no such file.",
    ])
  })

  it('ends a circle, and more than 150 files', async () => {
    const circle = { 'a.yml': 'include: b.yml', 'b.yml': 'include: a.yml' }
    expect(await problems('include: a.yml', circle)).toContainEqual(
      expect.stringContaining('`include` runs in a circle: a.yml -> b.yml -> a.yml.'),
    )
    const many = `include: [${Array.from({ length: 151 }, () => 'a.yml').join(', ')}]`
    expect(await problems(many, { 'a.yml': 'a: { script: x }' })).toContainEqual(
      expect.stringContaining('A pipeline includes 150 files at the most.'),
    )
  })
})

describe('inputs', () => {
  const spec = `spec:
  inputs:
    name: { default: test }
    count: { type: number, default: 2 }
    fast: { type: boolean, default: true }
    paths: { type: array, default: [a, b] }
    stage: { options: [build, test], default: build }
    tag: { regex: "^v\\\\d+$", default: v1 }
---
`
  const body = `"$[[ inputs.name ]]-job":
  stage: $[[ inputs.stage ]]
  interruptible: $[[ inputs.fast ]]
  retry: $[[ inputs.count ]]
  script: ["run $[[ inputs.name ]] $[[ inputs.tag | truncate(1,3) ]]"]
  artifacts:
    paths: $[[ inputs.paths ]]
`

  it('fill in defaults, with their types where they stand alone, in keys too', async () => {
    const { file, problems: found } = await load('include: a.yml', { 'a.yml': spec + body })
    expect(found).toEqual([])
    expect(file?.jobs[0]).toMatchObject({
      name: 'test-job', stage: 'build', interruptible: true, retry: { max: 2 }, script: ['run test 1'], artifacts: { paths: ['a', 'b'] },
    }) // prettier-ignore
  })

  it('take what is given, each file its own', async () => {
    const text = `include:
  - { local: a.yml, inputs: { name: one, fast: false } }
  - { local: a.yml, inputs: { name: two, paths: [c] } }
`
    const { file } = await load(text, { 'a.yml': spec + body })
    expect(file?.jobs.map(({ name, interruptible, artifacts }) => [name, interruptible, artifacts?.paths])).toEqual([
      ['one-job', false, ['a', 'b']],
      ['two-job', true, ['c']],
    ])
  })

  it('of the pipeline itself come from whoever starts it', async () => {
    expect(await jobs(spec + body, {}, { name: 'mine' })).toEqual({ 'mine-job': ['run mine 1'] })
  })

  it.each([
    ['a missing one', 'spec: { inputs: { x: } }\n---\na: { script: "$[[ inputs.x ]]" }', {}, 'The input `x` has no default'],
    ['an unknown one', spec + body, { y: '1' }, 'There is no input `y`; known are name, count'],
    ['a wrong type', spec + body, { count: 'many' }, 'Expected a number for the input `count`'],
    ['none of the options', spec + body, { stage: 'deploy' }, 'Expected one of build, test for the input `stage`'],
    ['what the pattern refuses', spec + body, { tag: 'x' }, 'The input `tag` does not match'],
    ['one that nobody declared', 'spec: { inputs: {} }\n---\na: { script: "$[[ inputs.z ]]" }', {}, 'there is no inputs.z'],
    ['a list within text', 'spec: { inputs: { l: { type: array, default: [a] } } }\n---\na: { script: "x $[[ inputs.l ]]" }', {}, 'is no text, so it has to stand alone'],
    ['a header without a line between', 'spec: { inputs: {} }\na: { script: x }', {}, 'parted from it by `---`'],
  ])('refuse %s', async (_what, text, inputs, expected) => {
    expect((await problems(text, {}, inputs)).join('\n')).toContain(expected)
  }) // prettier-ignore

  it('expand variables and quote for a shell where asked', async () => {
    const text =
      'spec: { inputs: { a: { default: "$TEAM it\'s" } } }\n---\na: { script: "$[[ inputs.a | expand_vars | posix_escape ]]" }'
    expect(await jobs(text)).toEqual({ a: ["'core it'\\''s'"] })
  })

  it('of a component know its name and version', async () => {
    const address = 'plinth.example/p/ci/lint@1.2.0'
    const text =
      'spec: { component: [name, version], inputs: {} }\n---\nlint: { script: "$[[ component.name ]] $[[ component.version ]]" }'
    expect(await jobs(`include: { component: ${address} }`, { [address]: text })).toEqual({ lint: ['lint 1.2.0'] })
  })
})
