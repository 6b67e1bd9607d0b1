/** The part of JSON Schema that the contracts use. */
export type Shape = {
  type?: string
  properties?: Record<string, Shape>
  required?: readonly string[]
  items?: Shape
  anyOf?: readonly Shape[]
  enum?: readonly unknown[]
  const?: unknown
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  minItems?: number
  default?: unknown
}

/** Means something to SQL, HTML, templates, shells and YAML; text for people may hold all of it. */
export const metacharacters = `'; DROP TABLE projects; -- <script>alert(1)</script> {{7*7}} \${7*7} \${{ values.name }} $(id) \`id\` %s %00 : - "x"`

/** Names that none of our things can have. */
const hostileNames = [
  '..%2f',
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e',
  '..',
  'a'.repeat(300),
  'a'.repeat(3000),
  '%00',
  'a%0d%0ab',
  'a%1bb',
  '%e2%80%ae%61bc',
  'x%E2%80%AEy',
  '%F0%9F%92%A5',
  '%ff%fe',
  '%zz',
  '__proto__',
  'admin',
  'api',
  'null',
  '*',
  '%27%20OR%201%3D1%20--',
  '%7B%7B7*7%7D%7D',
  '-rf',
  'a;b',
]
const hostileNumbers = ['0', '-1', '1.5', '1e3', '0x10', 'abc', '9007199254740993', '99999999999999999999']

/** What no parameter of this name may be. Reserved words are refused where a thing could be given such a name. */
export function hostileParams(name: string): readonly string[] {
  if (name === 'number') return hostileNumbers
  const free = name === 'username' || name === 'subject' ? ['admin', 'api', 'null'] : []
  return hostileNames.filter((value) => !free.includes(value))
}

/** Well-formed, and of nothing that is there. */
export function unknownParam(name: string): string {
  const known: Record<string, string> = {
    project: 'nobody-knows',
    environment: 'nowhere',
    component: 'nobody-knows',
    repository: 'nobody-knows',
    workload: 'nobody-knows',
    username: 'nobody-knows',
    subject: 'nobody.knows',
    version: '99999',
    number: '2147483648',
    traceId: '0'.repeat(31) + '1',
    override: `ovr_${'0'.repeat(26)}`,
    review: `rvw_${'0'.repeat(26)}`,
    test: `tst_${'0'.repeat(26)}`,
    quarantine: `qtn_${'0'.repeat(26)}`,
    run: `mig_${'0'.repeat(26)}`,
    context: 'nobody-knows',
    id: '2147483647',
    hash: '0'.repeat(19) + '1',
    guid: '00000000-0000-4000-8000-000000000001',
  }
  return known[name] ?? `xyz_${'0'.repeat(26)}`
}

/** Members by name that make a body which this platform takes. */
export const goodMembers: Readonly<Record<string, unknown>> = {
  username: 'somebody', password: 'a password of some length', name: 'something', template: 'node-service', domain: 'shop',
  subject: 'user:mallory', role: 'role:qa', object: 'component', group: 'administrators', sourceBranch: 'main',
  title: 'A title', ref: 'main', content: 'a: {script: [x]}', schema: '{"type":"object"}', component: 'front',
} // prettier-ignore

/** A value that the schema takes; members of a known name get one that means something here. */
export function sample(shape: Shape, given: Readonly<Record<string, unknown>>): unknown {
  if (shape.const !== undefined) return shape.const
  if (shape.enum) return shape.enum[0]
  if (shape.anyOf) return sample(shape.anyOf[0] ?? {}, given)
  if (shape.type === 'integer' || shape.type === 'number') return shape.minimum ?? 1
  if (shape.type === 'boolean') return true
  if (shape.type === 'array') return (shape.minItems ?? 0) > 0 ? [sample(shape.items ?? {}, given)] : []
  if (shape.type === 'string') return 'sample'
  return Object.fromEntries(
    Object.entries(shape.properties ?? {})
      .filter(([name]) => shape.required?.includes(name) === true)
      .map(([name, member]) => [name, given[name] ?? sample(member, given)]),
  )
}

/** Whether a text is one that the schema takes. */
export const takesText = ({ type, pattern, minLength = 0, maxLength = Infinity }: Shape, text: string): boolean =>
  type === 'string' &&
  text.length >= minLength &&
  text.length <= maxLength &&
  (pattern === undefined || new RegExp(pattern, 'u').test(text))

const hostileTexts = [
  '',
  '../',
  'a'.repeat(300),
  '\u0000',
  'a\u001bb',
  '\u202eadmin',
  '\u{1f4a5}',
  '__proto__',
  'null',
  metacharacters,
]
const anything: readonly unknown[] = [null, true, 7, -1, 1.5, 1e308, 'no-such', {}, { $ne: 1 }, [], [[]], [null]]

/** Values that the schema does not take, as far as its type, form and size say so. */
function refused(shape: Shape): unknown[] {
  if (shape.enum || shape.const !== undefined || shape.anyOf)
    return anything.filter(
      (value) =>
        (value === null && !shape.anyOf?.some(({ type }) => type === 'null')) ||
        (value !== null && typeof value === 'object') ||
        value === 'no-such',
    )
  const texts =
    shape.type === 'string' ? hostileTexts.concat('a'.repeat((shape.maxLength ?? 1e6) + 1)) : ['no-such', '']
  const others = anything.filter((value) => {
    if (typeof value === 'string') return false
    if (shape.type === 'integer')
      return !(Number.isInteger(value) && Number(value) >= (shape.minimum ?? -1e9) && value !== 1e308)
    if (shape.type === 'boolean') return typeof value !== 'boolean'
    if (shape.type === 'array')
      return !(Array.isArray(value) && value.length >= (shape.minItems ?? 0)) || value[0] === null
    if (shape.type === 'string') return true
    return value === null || typeof value !== 'object' || Array.isArray(value)
  })
  return [...others, ...texts.filter((text) => !takesText(shape, text))]
}

export type HostileBody = { what: string; body?: unknown; type?: string | null }

/** Bodies that a route with this schema must refuse; each has one thing wrong with it. */
export function hostileBodies(shape: Shape, good: Readonly<Record<string, unknown>>): HostileBody[] {
  const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
  const text = JSON.stringify(good)
  const whole: HostileBody[] = [
    { what: 'no body' },
    { what: 'an empty body', body: '' },
    ...['[]', '"x"', 'null', '0', 'true', '{', text.slice(0, -1), `${text}}`, "{'a':1}", '\ufeff', deep(10_000)].map(
      (body) => ({ what: `the body ${body.slice(0, 20)}`, body }),
    ),
    { what: 'text/plain', body: text, type: 'text/plain' },
    { what: 'a form', body: 'name=x', type: 'application/x-www-form-urlencoded' },
    { what: 'no content type', body: text, type: null },
    { what: 'no UTF-8', body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]) },
    { what: 'two megabytes', body: JSON.stringify({ ...good, padding: 'x'.repeat(2 * 1024 ** 2) }) },
    { what: 'an unknown member', body: { ...good, unknown: 1 } },
    { what: 'a deep unknown member', body: `${text.slice(0, -1)}${text === '{}' ? '' : ','}"deep":${deep(5000)}}` },
    { what: 'a prototype', body: `${text.slice(0, -1)}${text === '{}' ? '' : ','}"__proto__":{"admin":true}}` },
  ]
  const missing = (shape.required ?? [])
    .filter((name) => shape.properties?.[name]?.default === undefined)
    .map((name) => ({
      what: `no ${name}`,
      body: Object.fromEntries(Object.entries(good).filter(([key]) => key !== name)),
    }))
  const wrong = Object.entries(shape.properties ?? {}).flatMap(([name, member]) =>
    refused(member).map((value) => ({
      what: `${name} = ${JSON.stringify(value).slice(0, 40)}`,
      body: { ...good, [name]: value },
    })),
  )
  return [...whole, ...missing, ...wrong]
}

/** Query values; those with `refused` no listing may take. */
export const hostileQuery = (name: string): readonly { text: string; refused: boolean }[] => [
  ...(name === 'limit' ? ['0', '-1', 'abc', '1.5', '1e9', '99999999999999999999', '', '1%00'] : []).map(must),
  ...(name === 'cursor' ? ['garbage', '%00', 'e30', 'bnVsbA', 'W10', 'WzEsMiwzXQ', 'x'.repeat(401)] : []).map(must),
  ...(name === 'environment' || name === 'workload' || name === 'component' ? ['..%2f', 'A', 'admin', '%00'] : []).map(
    must,
  ),
  ...[
    '%00',
    '%0d%0aset-cookie:x',
    '%E2%80%AE',
    '%F0%9F%92%A5',
    'a'.repeat(1200),
    '..%2f..%2f',
    '__proto__',
    '%',
    '[]',
    '-1',
  ].map((text) => ({ text, refused: false })),
  { text: encodeURIComponent(metacharacters), refused: false },
]
const must = (text: string): { text: string; refused: boolean } => ({ text, refused: true })
