import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { services } from '@plinth/contracts'
import { loadConfig as authorization } from '../apps/authorization/src/config.ts'
import { gatewayConfig as gateway } from '../apps/gateway/src/config.ts'
import { loadConfig as gitops } from '../apps/gitops/src/config.ts'
import { readSettings as pipelines } from '../apps/pipelines/src/config.ts'
import { loadConfig as provisioning } from '../apps/provisioning/src/config.ts'
import { readRunnerConfig as runner } from '../apps/runner/src/config.ts'
import { loadConfig as schemas } from '../apps/schemas/src/config.ts'
import { loadConfig as telemetry } from '../apps/telemetry/src/config.ts'
import { createMetrics } from '../libs/service/src/metrics.ts'
import { root } from './platform/home.ts'
import { processNames, type ProcessName } from './platform/services.ts'

type Environment = Record<string, string | undefined>
const readers: Record<ProcessName, (environment: Environment) => { port: number }> = {
  gateway, authorization, provisioning, gitops, schemas, pipelines, telemetry, runner,
} // prettier-ignore
const deploy = (...path: string[]): string => join(root, 'deploy', ...path)
const read = (...path: string[]): string => readFileSync(deploy(...path), 'utf8')

/** Every variable that a process's own configuration asks for, whether it is there or not. */
function variablesOf(name: ProcessName): Set<string> {
  const asked = new Set<string>()
  const spy = new Proxy({}, { get: (_target, key) => void asked.add(String(key)) })
  expect(() => readers[name](spy)).toThrow()
  return new Set([...asked].filter((variable) => !variable.endsWith('_FILE')))
}
const known = new Set(processNames.flatMap((name) => [...variablesOf(name)]))
/** Of the image, not of a process. */
const ofImage = ['PLINTH_SERVICE']

type Compose = {
  services: Record<string, { environment?: Record<string, string>; env_file?: string; command?: string[] }>
}
type ChartService = {
  port: number
  edgePort?: number
  env?: Record<string, string>
  secretKeys: string[]
  data?: string
}
type Values = { services: Record<string, ChartService>; publicUrl: string; logLevel: string; nats: { url: string } }

let made: string
beforeAll(() => {
  made = mkdtempSync(join(tmpdir(), 'plinth-deploy-'))
  const script = deploy('compose', 'secrets.mjs')
  execFileSync(process.execPath, [script], { env: { ...process.env, PLINTH_SECRETS_DIR: join(made, 'secrets') } })
})
afterAll(() => rmSync(made, { recursive: true, force: true }))
const secretsOf = (name: string): Environment => parseEnv(readFileSync(join(made, 'secrets', `${name}.env`), 'utf8'))
const inImage = { PLINTH_HOST: '0.0.0.0', PLINTH_DATA_DIR: '/data', PLINTH_PORTAL_DIR: '/plinth/apps/portal/dist' }
const shell = (text: string): string => text.replaceAll(/\$\{[A-Z_]+:-([^}]*)\}/g, '$1')

describe('compose', () => {
  const compose = parse(read('compose', 'compose.yaml'), { merge: true }) as Compose
  const ofCompose = (name: string): Environment =>
    Object.fromEntries(
      Object.entries(compose.services[name]?.environment ?? {}).map(([key, value]) => [key, shell(value)]),
    )

  test('has every service of the contracts, a runner, a database and a broker', () => {
    expect(Object.keys(compose.services).sort()).toEqual([...services, 'runner', 'postgres', 'nats'].sort())
  })

  test.each([...processNames])('%s takes the environment that it is given, and none of it in vain', (name) => {
    const environment = ofCompose(name)
    const secrets = secretsOf(name)
    expect(() => readers[name]({ ...inImage, ...environment, ...secrets })).not.toThrow()
    expect(compose.services[name]).toMatchObject({ command: [name], env_file: `secrets/${name}.env` })
    const own = variablesOf(name)
    for (const variable of Object.keys(secrets)) expect(own).toContain(variable)
    for (const variable of Object.keys(environment)) expect([...known, ...ofImage]).toContain(variable)
  })

  test('sends the gateway to the ports on which the others listen', () => {
    for (const name of services.filter((one) => one !== 'gateway')) {
      const { port } = readers[name]({ ...inImage, ...ofCompose(name), ...secretsOf(name) })
      expect(ofCompose('gateway')[`PLINTH_UPSTREAM_${name.toUpperCase()}`]).toBe(`http://${name}:${port}`)
    }
  })

  test('has no password of its own: the script makes all, for their owner alone, and keeps them', () => {
    expect(read('compose', 'compose.yaml')).not.toMatch(/PASSWORD|TOKEN|PRIVATE_KEY|SECRET_KEY/)
    const files = readdirSync(join(made, 'secrets'))
    expect(files).toContain('nats-server.conf')
    for (const file of files) expect(statSync(join(made, 'secrets', file)).mode & 0o777, file).toBe(0o600)
    expect(statSync(join(made, 'secrets')).mode & 0o777).toBe(0o700)
    const before = secretsOf('provisioning')
    execFileSync(process.execPath, [deploy('compose', 'secrets.mjs')], {
      env: { ...process.env, PLINTH_SECRETS_DIR: join(made, 'secrets') },
    })
    expect(secretsOf('provisioning')).toEqual(before)
    expect(secretsOf('provisioning')['PLINTH_SECRET_KEY']).not.toBe(secretsOf('authorization')['PLINTH_SECRET_KEY'])
  })
})

describe('the chart', () => {
  const values = parse(read('helm', 'plinth', 'values.yaml')) as Values
  const chart = parse(read('helm', 'plinth', 'Chart.yaml')) as { version: string }
  const templates = readdirSync(deploy('helm', 'plinth', 'templates'))
  const everywhere = [
    ...ofImage,
    'PLINTH_PORT',
    'PLINTH_NATS_USER',
    'PLINTH_PUBLIC_URL',
    'PLINTH_NATS_URL',
    'PLINTH_LOG_LEVEL',
  ]

  test('has the version of the repository and every process of the platform, on its own port', () => {
    expect(chart.version).toBe(
      (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version,
    )
    expect(Object.keys(values.services).sort()).toEqual([...processNames].sort())
  })

  test('has values that its schema takes, and a schema that refuses a mistake', () => {
    const check = new Ajv({ strict: false }).compile(JSON.parse(read('helm', 'plinth', 'values.schema.json')) as object)
    expect(check(values), JSON.stringify(check.errors)).toBe(true)
    expect(check({ ...values, publicURL: 'x' })).toBe(false)
    const gitopsTwice = { ...values.services, gitops: { ...values.services['gitops'], replicas: 2 } }
    expect(check({ ...values, services: gitopsTwice })).toBe(false)
  })

  test.each([...processNames])('%s takes what the chart gives it', (name) => {
    const { env = {}, secretKeys, port } = values.services[name] ?? { secretKeys: [], port: 0 }
    const own = variablesOf(name)
    for (const variable of [...Object.keys(env), ...secretKeys]) expect(own).toContain(variable)
    for (const variable of everywhere) expect([...known, ...ofImage]).toContain(variable)
    const secrets = secretsOf(name)
    expect([...secretKeys].sort()).toEqual(Object.keys(secrets).sort())
    const others = services.filter((one) => one !== 'gateway')
    const upstreams =
      name === 'gateway' ? others.map((one) => [`PLINTH_UPSTREAM_${one.toUpperCase()}`, `http://x-${one}:1`]) : []
    const given = { ...inImage, PLINTH_NATS_USER: name, ...env, ...secrets, ...Object.fromEntries(upstreams) }
    expect(readers[name](given).port).toBe(port)
  })

  test('guards what it starts: probes, an ordinary user, nothing writable but its folders, no names of values that are not there', () => {
    const text = templates.map((file) => read('helm', 'plinth', 'templates', file)).join('\n')
    for (const word of [
      '/healthz',
      '/readyz',
      'runAsNonRoot: true',
      'readOnlyRootFilesystem: true',
      'drop: [ALL]',
      'RuntimeDefault',
    ])
      expect(text).toContain(word)
    for (const kind of ['Deployment', 'Service', 'PodDisruptionBudget', 'NetworkPolicy', 'ConfigMap', 'Ingress'])
      expect(text).toContain(`kind: ${kind}`)
    for (const [, path = ''] of text.matchAll(/\.Values\.([A-Za-z.]+)/g)) {
      const found = path
        .split('.')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], values)
      expect(found, path).toBeDefined()
    }
    const opened = [...text.matchAll(/\{\{-? *(?:range|if|with|define) /g)].length
    expect([...text.matchAll(/\{\{-? *end *-?\}\}/g)]).toHaveLength(opened)
  })

  test('is YAML once its braces are gone', () => {
    for (const file of templates.filter((name) => name.endsWith('.yaml'))) {
      const plain = read('helm', 'plinth', 'templates', file)
        .replaceAll(/^\s*\{\{-?.*\}\}\s*$/gm, '')
        .replaceAll(/: *\{\{- [^}]*nindent[^}]*\}\}/g, ': {}')
        .replaceAll(/\{\{[^}]*\}\}/g, '1')
      for (const document of parseAllDocuments(plain, { uniqueKeys: false }))
        expect(document.errors, `${file}: ${document.errors[0]?.message}`).toEqual([])
    }
  })
})

describe('the image', () => {
  const file = read('images', 'Containerfile')

  test('runs as an ordinary user, without npm, on the Node of the repository, and says whether it is alive', () => {
    expect(file).toMatch(/ARG NODE_TAG=24-/)
    expect(file.lastIndexOf('USER node')).toBeGreaterThan(file.lastIndexOf('USER root'))
    expect(file).toMatch(/rm -f \/usr\/local\/bin\/npm/)
    expect(file).toContain('HEALTHCHECK')
    execFileSync('sh', ['-n', deploy('images', 'run.sh')])
    execFileSync('sh', ['-n', deploy('postgres', 'init.sh')])
  })

  test('knows each process, its program and its port', () => {
    const health = read('images', 'healthcheck.js')
    for (const name of processNames) {
      expect(existsSync(join(root, 'apps', name, 'src', 'main.ts')), name).toBe(true)
      const port =
        name === 'gateway' ? 8080 : (parse(read('helm', 'plinth', 'values.yaml')) as Values).services[name]?.port
      expect(health).toContain(`${name}: ${port}`)
    }
  })
})

describe('the dashboard', () => {
  type Panel = { id: number; title: string; targets: { expr: string }[] }
  const { panels } = JSON.parse(read('grafana', 'plinth.json')) as { panels: Panel[] }

  test('asks only for metrics that the platform exports', async () => {
    const ofRunner = readFileSync(join(root, 'apps', 'runner', 'src', 'status', 'metrics.ts'), 'utf8')
    const exported = await createMetrics('test').text()
    expect(panels.length).toBeGreaterThan(8)
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    for (const { title, targets } of panels) {
      const names = targets.flatMap(({ expr }) => expr.match(/\b(?:plinth|process|nodejs)_[a-z0-9_]+/g) ?? [])
      expect(names.length, title).toBeGreaterThan(0)
      for (const name of names) {
        const base = name.replace(/_(?:bucket|count|sum)$/, '')
        expect(exported.includes(`# TYPE ${base} `) || ofRunner.includes(name), `${title}: ${name}`).toBe(true)
      }
    }
  })
})

test('the table of variables has each one that a process reads, and no other', () => {
  const rows = [...read('README.md').matchAll(/^\| `(PLINTH_[A-Z_]+)` \| ([^|]*) \|/gm)]
  const documented = new Map(rows.map(([, variable = '', readers = '']) => [variable, readers.trim()]))
  const actual = new Map<string, string>()
  for (const variable of [...known].sort()) {
    const by = processNames.filter((name) => variablesOf(name).has(variable))
    actual.set(variable, by.length === processNames.length ? 'all' : by.join(', '))
  }
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(actual))
})
