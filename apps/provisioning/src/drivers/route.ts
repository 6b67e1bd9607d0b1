import { Type } from 'typebox'
import type { Driver } from './driver.ts'
import { workloadHost } from './names.ts'

type RouteSpec = { host?: string; path?: string; port?: number }

/** A host cannot be chosen, or a workload could answer for another: only what a `dns` gives may stand there. */
const Params = Type.Object(
  {
    host: Type.Optional(
      Type.String({
        pattern: '^\\$\\{resources\\.[a-z0-9-]+\\.host\\}$',
        description: 'Of a dns resource; the same as without',
      }),
    ),
    path: Type.Optional(Type.Literal('/')),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
  },
  { additionalProperties: false },
)

/** The edge answers for the host as soon as the runner has the workload, so there is nothing of its own to make. */
const nothing = {
  newSecrets: () => ({}),
  observe: async () => 'present' as const,
  apply: async () => undefined,
  remove: async () => undefined,
}

export const routeDriver = (edgePort: number): Driver<RouteSpec, 'present'> => ({
  ...nothing,
  kind: 'route',
  spec: Params,
  outputNames: ['host', 'url'],
  name: (ref) => `${workloadHost(ref)}/${ref.resource}`,
  plan: (_want, seen) => ({ action: seen === 'absent' ? 'create' : 'none', fields: [] }),
  outputs: (name) => ({ plain: { host: hostIn(name), url: `http://${hostIn(name)}:${edgePort}` }, secret: {} }),
})

export const dnsDriver = (): Driver<Record<string, never>, 'present'> => ({
  ...nothing,
  kind: 'dns',
  spec: Type.Object({}, { additionalProperties: false }),
  outputNames: ['host'],
  name: (ref) => `${workloadHost(ref)}/${ref.resource}`,
  plan: (_want, seen) => ({ action: seen === 'absent' ? 'create' : 'none', fields: [] }),
  outputs: (name) => ({ plain: { host: hostIn(name) }, secret: {} }),
})

const hostIn = (name: string): string => name.slice(0, name.indexOf('/'))
