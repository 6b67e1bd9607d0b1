import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { planLocally } from './pipeline-plan.ts'

let folder: string
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=Ana', '-c', 'user.email=ana@example.org', ...args], { cwd: folder, stdio: 'ignore' }) // prettier-ignore
const put = (path: string, text: string): void => {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), text)
}
const wish = { file: '.gitlab-ci.yml', source: 'push', variables: {}, inputs: {} }
const names = async (over: Partial<Parameters<typeof planLocally>[1]> = {}) =>
  (await planLocally(folder, { ...wish, ...over })).jobs.map(({ name }) => name)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plinth-plan-'))
  git('init', '-q', '-b', 'main')
  put('ci/more.yml', 'spec: { inputs: { who: { default: us } } }\n---\nmore: { script: "hello $[[ inputs.who ]]" }')
  put('src/a.ts', 'a')
  put(
    '.gitlab-ci.yml',
    `include: { local: ci/more.yml, inputs: { who: you } }
branch: { script: x, rules: [{ if: $CI_COMMIT_BRANCH == "main" }] }
tagged: { script: x, rules: [{ if: $CI_COMMIT_TAG }] }
docs: { script: x, rules: [{ changes: ["docs/**/*"] }] }
code: { script: x, rules: [{ exists: ["src/*.ts"] }] }
asked: { script: x, rules: [{ if: $DEPLOY == "yes" }] }
`,
  )
  git('add', '-A')
  git('commit', '-qm', 'One')
  put('README.md', 'r')
  git('add', '-A')
  git('commit', '-qm', 'Two')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a plan of the checkout, without a server', () => {
  it('is that of the branch, with what it includes and what is there', async () => {
    expect(await names()).toEqual(['more', 'branch', 'code'])
  })

  it('is that of a tag, of a change, of a variable, where one says so', async () => {
    expect(await names({ tag: 'v1' })).toEqual(['more', 'tagged', 'code'])
    expect(await names({ variables: { DEPLOY: 'yes' } })).toEqual(['more', 'branch', 'code', 'asked'])
    put('docs/a/b.md', 'd')
    git('add', '-A')
    expect(await names()).toContain('docs')
  })

  it('says why each job is out, and twice the same to the byte', async () => {
    const [first, second] = [await planLocally(folder, wish), await planLocally(folder, wish)]
    expect(first.excluded.find(({ name }) => name === 'tagged')?.reason).toBe('no rule matched')
    expect(JSON.stringify(first)).toBe(JSON.stringify(second))
  })

  it('says where an included file is wrong', async () => {
    put('ci/more.yml', 'more: { scrip: x }')
    const { problems } = await planLocally(folder, wish)
    expect(problems[0]).toMatchObject({ file: '.gitlab-ci.yml', line: 1 })
    put('ci/more.yml', 'spec: { inputs: { who: } }\n---\nmore: { scrip: "$[[ inputs.who ]]" }')
    expect((await planLocally(folder, wish)).problems).toMatchObject([{ file: 'ci/more.yml', line: 3 }, { file: 'ci/more.yml' }]) // prettier-ignore
  })
})
