import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '@plinth/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadTemplate, type Template } from './load.ts'
import { checkParameters } from './parameters.ts'
import { render } from './render.ts'

const folder = new URL('../../templates/node-service', import.meta.url).pathname

describe('the node-service template', () => {
  let template: Template
  beforeAll(async () => {
    template = await loadTemplate(folder)
  })
  const hostile = 'He said "hi": ${{ values.name }} \\ # ${resources.x.y}'
  const files = (parameters: unknown, description = 'Entries') => {
    const checked = checkParameters(template, parameters)
    const made = render(template, {
      name: 'ledger',
      project: 'payments',
      description,
      owner: 'user:"ana"',
      parameters: checked,
    })
    return (path: string): string => made.find((file) => file.path === path)?.content ?? ''
  }

  it('fills in defaults', () => {
    expect(checkParameters(template, {})).toMatchObject({ replicas: 1, consumes: [] })
  })
  it.each([
    [{ replicas: 9 }, '/parameters/replicas'],
    [{ unknown: 1 }, '/parameters/unknown'],
    [{ consumes: ['a"b:1'] }, '/parameters/consumes/0'],
    [{ description: 5 }, '/parameters/description'],
    [{ replicas: '2' }, '/parameters/replicas'],
    [JSON.parse('{"__proto__": 1}'), '/parameters/__proto__'],
  ])('refuses %j and names its path', (parameters, path) => {
    expect(() => checkParameters(template, parameters)).toThrow(AppError)
    try {
      checkParameters(template, parameters)
    } catch (error) {
      expect(error instanceof AppError && error.problems.map((problem) => problem.path)).toContain(path)
    }
  })
  it('stays JSON and YAML whatever the description is, and evaluates nothing in it', () => {
    const file = files({}, hostile)
    expect(JSON.parse(file('package.json'))).toMatchObject({ description: hostile })
    expect(parse(file('catalog-info.yaml'))).toMatchObject({
      metadata: { description: hostile },
      spec: { owner: 'user:"ana"' },
    })
    expect(file('README.md')).toContain(hostile)
  })
  it('writes lists with commas and leaves what is Score to Score', () => {
    const score = files({ consumes: ['users.user:1', 'orders.order:2'], replicas: 3 })('score.yaml')
    expect(parse(score)).toMatchObject({
      metadata: { annotations: { 'plinth.dev/consumes': 'users.user:1,orders.order:2', 'plinth.dev/replicas': '3' } },
    })
    expect(score).toContain('${resources.database.host}')
  })
  it('brings the dependencies whole, and nothing of theirs that is not needed to run', () => {
    const paths = template.vendored.files.map(({ path }) => path)
    expect([...template.vendored.versions.keys()]).toEqual(
      expect.arrayContaining(['pg', 'pg-protocol', 'pg-types', 'pgpass', 'split2']),
    )
    expect(paths).toContain('node_modules/pg/lib/index.js')
    expect(paths.some((path) => /\.ts$|\/tests?\/|README/.test(path))).toBe(false)
  })
})

describe('a template that could go wrong does not load', () => {
  let root: string
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'plinth-template-'))
  })
  afterAll(() => rm(root, { recursive: true }))
  const load = async (name: string, file: string, content: string) => {
    const place = join(root, name)
    await mkdir(join(place, 'skeleton'), { recursive: true })
    const manifest = {
      name,
      title: 'T',
      description: 'D',
      parameters: { type: 'object', properties: { free: { type: 'string' }, kind: { enum: ['a', 'b'] } } },
    }
    await writeFile(join(place, 'template.yaml'), JSON.stringify(manifest))
    await writeFile(join(place, 'skeleton', file), content)
    return loadTemplate(place)
  }
  it.each([
    ['an unknown value', 'a.md', '${{ values.nothing }}', /nothing is known as/],
    ['an expression', 'a.md', '${{ values.name | upper }}', /is no placeholder/],
    ['another root', 'a.md', '${{ secrets.key }}', /is no placeholder/],
    ['a package that is not vendored', 'a.json', '"${{ vendored.left-pad }}"', /nothing is known as/],
    ['free text in code', 'a.js', "'${{ values.free }}'", /use freeJson/],
    ['free text in a file name', '${{ values.free }}.md', '', /could break out/],
  ])('%s', async (_name, file, content, message) => {
    await expect(load(`bad${Math.random().toString(36).slice(2, 8)}`, file, content)).rejects.toThrow(message)
  })
  it('but confined values may stand anywhere, file names too', async () => {
    const template = await load(
      'good',
      '${{ values.name }}-${{ values.kind }}.js',
      "'${{ values.kind }}' ${{ values.freeJson }}",
    )
    const [file] = render(template, {
      name: 'ledger',
      project: 'p',
      description: '',
      owner: 'o',
      parameters: { kind: 'a', free: "'" },
    })
    expect(file).toMatchObject({ path: 'ledger-a.js', content: `'a' "'"` })
  })
})
