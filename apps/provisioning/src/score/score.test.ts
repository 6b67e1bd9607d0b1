import { AppError } from '@plinth/kernel'
import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { dnsDriver, routeDriver } from '../drivers/route.ts'
import { scoreText } from '../test-support/score.ts'
import { referencesIn, resolveReference, substitute } from './placeholders.ts'
import { readWorkloadSpec } from './workload-spec.ts'

const kinds = [
  routeDriver(8081),
  dnsDriver(),
  {
    kind: 'postgres',
    spec: Type.Object({}, { additionalProperties: false }),
    outputNames: ['host', 'port', 'name', 'database', 'username', 'password'],
  },
]
const read = (text: string) => readWorkloadSpec(text, 'ledger', kinds)
const problemsOf = (text: string): string[] => {
  try {
    read(text)
  } catch (error) {
    if (error instanceof AppError && error.code === 'provisioning.score_invalid')
      return error.problems.map(({ path, message }) => `${path} ${message}`)
    throw error
  }
  return []
}
const minimal =
  'apiVersion: score.dev/v1b1\nmetadata:\n  name: ledger\ncontainers:\n  main:\n    image: "."\n    command: [node]\n'

describe('placeholders', () => {
  const fill = (text: string) => substitute(text, (reference) => `<${reference}>`)
  it.each([
    ['${metadata.name}', '<metadata.name>'],
    ['$${metadata.name}', '${metadata.name}'],
    ['$$${x}', '$<x>'],
    ['$$$${x}', '$${x}'],
    ['$abc 5$ $$', '$abc 5$ $'],
    ['${x', '${x'],
    ['a ${x} b ${y}', 'a <x> b <y>'],
  ])('%s becomes %s', (text, expected) => {
    expect(fill(text)).toBe(expected)
  })
  it('a value that looks like a placeholder is text', () => {
    expect(substitute('${a}', () => '${b} $$')).toBe('${b} $$')
  })
  it('escaped ones are no references', () => {
    expect(referencesIn('$${no} ${yes}')).toEqual(['yes'])
  })
  const lookup = {
    metadata: { name: 'ledger', annotations: { 'a.b': 'dotted' }, list: [1, { x: 'y' }] },
    resource: (name: string, path: readonly string[]) =>
      name === 'db' && path.length === 0 ? 'res_1' : path.join('.') === 'host' ? 'localhost' : undefined,
  }
  it('a literal dot in a part is written \\.', () =>
    expect(resolveReference('metadata.annotations.a\\.b', lookup)).toBe('dotted'))
  it('what is no string is inserted as JSON', () =>
    expect(resolveReference('metadata.list', lookup)).toBe('[1,{"x":"y"}]'))
  it('a bare resource is its id', () => expect(resolveReference('resources.db', lookup)).toBe('res_1'))
  it.each(['env.HOME', '', 'metadata', 'metadata.toString', 'resources.db.nothing', '__proto__.x'])(
    '%s is an error',
    (reference) => {
      expect(() => resolveReference(reference, lookup)).toThrow(/\$\{/)
    },
  )
})

describe('score.yaml', () => {
  it('reads what the platform needs of it', () => {
    const text = scoreText({ produces: 'ledger.entry:1, orders/order.placed:3', consumes: 'users:2', replicas: 2 })
    expect(read(text)).toMatchObject({
      command: ['node', 'src/main.js'],
      replicas: 2,
      readiness: { path: '/healthz' },
      produces: [
        { subject: 'ledger.entry', version: 1 },
        { subject: 'orders/order.placed', version: 3 },
      ],
      consumes: [{ subject: 'users', version: 2 }],
    })
  })
  it('orders resources by what their params refer to, then by name', () => {
    const { resources } = read(
      scoreText({
        resources:
          '  aa: { type: route, params: { host: "${resources.zz.host}" } }\n  zz: { type: dns }\n  mm: { type: dns }',
      }),
    )
    expect(resources.map(({ name }) => name)).toEqual(['mm', 'zz', 'aa'])
  })
  it('counts memory as written', () => {
    expect(read(`${minimal}    resources: { limits: { memory: 128Mi } }\n`).memoryLimitBytes).toBe(128 * 2 ** 20)
  })

  const bad: [string, string, RegExp][] = [
    ['an unknown member', `${minimal}extra: 1\n`, /^score\.yaml:8:1 'extra' is not known in the document/],
    [
      'a typo inside',
      minimal.replace('command:', 'comand:'),
      /^score\.yaml:7:5 'comand' is not known in containers\.main/,
    ],
    ['another version', minimal.replace('v1b1', 'v2'), /^score\.yaml:1:13 apiVersion .*v1b1/],
    ['a missing image', minimal.replace('    image: "."\n', ''), /containers\.main lacks 'image'/],
    ['a name twice', `${minimal}metadata: {}\n`, /^score\.yaml:8:1 /],
    ['another name', minimal.replace('ledger', 'other'), /^score\.yaml:3:9 metadata\.name must be/],
    [
      'two containers',
      `${minimal}  side: { image: x, command: [a] }\n`,
      /^score\.yaml:8:3 the local runtime runs one container/,
    ],
    [
      'an unknown resource type',
      `${minimal}resources:\n  cache: { type: redis }\n`,
      /^score\.yaml:9:18 there is no resource type 'redis' here; known are route, dns, postgres/,
    ],
    [
      'a host of its own',
      `${minimal}resources:\n  web: { type: route, params: { host: other.localhost } }\n`,
      /params\.host/,
    ],
    [
      'unknown params',
      `${minimal}resources:\n  db: { type: postgres, params: { size: big } }\n`,
      /^score\.yaml:9:41 params\.size/,
    ],
    [
      'an unknown output',
      `${minimal}    variables: { A: "\${resources.db.secret}" }\nresources:\n  db: { type: postgres }\n`,
      /a postgres has no output 'secret'/,
    ],
    [
      'an unknown resource',
      `${minimal}    variables: { A: "\${resources.db.host}" }\n`,
      /^score\.yaml:8:21 .*no resource 'db'/,
    ],
    [
      'an unknown root',
      `${minimal}    variables: { A: "\${env.HOME}" }\n`,
      /write \$\$\{env\.HOME\} for the text itself/,
    ],
    [
      'a circle',
      `${minimal}resources:\n  aa: { type: route, params: { host: "\${resources.bb.host}" } }\n  bb: { type: route, params: { host: "\${resources.aa.host}" } }\n`,
      /in a circle/,
    ],
    ['files', `${minimal}    files: { /etc/x: { content: hello } }\n`, /has no files/],
    [
      'a bad annotation',
      minimal.replace('  name: ledger', '  name: ledger\n  annotations: { plinth.dev/produces: "entry" }'),
      /^score\.yaml:4:\d+ 'entry' in plinth\.dev\/produces is not subject:version/,
    ],
    [
      'no replicas',
      minimal.replace('  name: ledger', '  name: ledger\n  annotations: { plinth.dev/replicas: "0" }'),
      /whole number from 1 to 20/,
    ],
    ['no YAML', 'a: [', /^score\.yaml:1:\d+ /],
    ['two documents', `${minimal}---\na: 1\n`, /score\.yaml:/],
    ['nothing', '', /must be object/],
    ['an alias', `${minimal}x: &a 1\ny: *a\n`, /is an alias/],
    ['no command', minimal.replace('    command: [node]\n', ''), /must name its command/],
    ['a prototype', `${minimal}__proto__: { a: 1 }\n`, /'__proto__' is not known/],
  ]
  it.each(bad)('%s is refused with its place', (_name, text, expected) => {
    expect(problemsOf(text).join('\n')).toMatch(expected)
  })
  it('nesting that would exhaust the stack is refused, not a crash', () => {
    expect(problemsOf(`a: ${'['.repeat(100_000)}`)[0]).toMatch(/nested too deeply/)
    expect(problemsOf('- '.repeat(100_000))[0]).toMatch(/nested too deeply/)
    expect(problemsOf(`a: ${'{b: '.repeat(60_000)}`)[0]).toMatch(/nested too deeply/)
  })
  it('a long wrong name is refused at once, in every place that takes a name', () => {
    const long = `${'a'.repeat(60)}!`
    expect(problemsOf(minimal.replace('ledger', long)).join()).toMatch(/metadata\.name must match/)
    expect(problemsOf(`${minimal}resources: { ${long}: { type: dns, id: ${long} } }\n`).join()).toMatch(/resources/)
  })
  it('tens of thousands of names are read, or refused, without comparing each with each', () => {
    const names = Array.from({ length: 30_000 }, (_, index) => index.toString(36))
    const startedAt = performance.now()
    expect(problemsOf(`${minimal}${names.map((name) => `x${name}:\n`).join('')}`)).toHaveLength(50)
    expect(problemsOf(`${minimal}x: { ${names.map((name) => `x${name}`).join(',')}, xz: }\n`)[0]).toMatch(/unique/)
    expect(performance.now() - startedAt).toBeLessThan(4_000)
  })
})
