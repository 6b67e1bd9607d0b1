import type { EnvironmentVersion, SubjectEnvironments } from '@plinth/contracts'
import type { Static } from 'typebox'
import type { Instance } from '../gate/store.ts'
import type { PinRow } from './store.ts'

export type View = Static<typeof SubjectEnvironments>
type Place = Static<typeof EnvironmentVersion>
type Named = { name: string; tier?: string }
export type Facts = {
  project: string
  subject: string
  latestVersion: number
  /** In the order of promotion; undefined where only what is deployed and pinned tells of them. */
  environments: readonly Named[] | undefined
  instances: readonly Instance[]
  pins: readonly PinRow[]
}

const usual = ['development', 'test', 'staging', 'production']
const rank = (name: string): number => (usual.includes(name) ? usual.indexOf(name) : usual.length)

const newest = (versions: readonly number[]): number | undefined =>
  versions.length === 0 ? undefined : Math.max(...versions)

/** The version that an environment has: the pinned one, else the newest that is written there, else the newest read. */
export function currentVersion(
  instances: readonly Instance[],
  pin: PinRow | undefined,
): { version: number | undefined; source: Place['source'] } {
  if (pin !== undefined) return { version: pin.version, source: 'pinned' }
  const of = (side: Instance['side']): number | undefined =>
    newest(instances.filter((one) => one.side === side).map(({ version }) => version))
  const version = of('produces') ?? of('consumes')
  return { version, source: version === undefined ? 'none' : 'deployed' }
}

/** What is current where, and what differs. */
export function viewOf({ project, subject, latestVersion, environments, instances, pins }: Facts): View {
  const seen = [...new Set([...instances, ...pins].map(({ environment }) => environment))]
  const named: readonly Named[] =
    environments ?? seen.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b)).map((name) => ({ name }))
  const places = named.map(({ name, tier }): Place => {
    const there = instances.filter(({ environment }) => environment === name)
    const pin = pins.find(({ environment }) => environment === name)
    const { version, source } = currentVersion(there, pin)
    return {
      environment: name,
      ...(tier !== undefined && { tier }),
      ...(version !== undefined && { version }),
      source,
      behind: version === undefined ? 0 : Math.max(0, latestVersion - version),
      ...(pin && { pin: pinView(pin) }),
      deployed: there.map((one) => ({
        component: one.component,
        project: one.project,
        side: one.side,
        version: one.version,
      })),
    }
  })
  const drifts = driftsOf(places)
  return { project, subject, latestVersion, drift: drifts.length > 0, drifts, environments: places }
}

const pinView = ({ version, reason, by, at, promotedFrom }: PinRow) => ({
  version,
  reason,
  by,
  at,
  ...(promotedFrom !== null && { promotedFrom }),
})

function driftsOf(places: readonly Place[]): string[] {
  const drifts: string[] = []
  const used = places.filter(({ version }) => version !== undefined)
  for (const [at, { environment, version = 0 }] of used.entries()) {
    const before = used[at - 1]
    if (before !== undefined && before.version !== version)
      drifts.push(`${before.environment} has version ${before.version}, ${environment} has version ${version}`)
  }
  for (const { environment, pin, deployed } of places) {
    for (const { project, component, side, version } of deployed) {
      if (pin !== undefined && side === 'produces' && version !== pin.version)
        drifts.push(
          `${environment} is at version ${pin.version}, but ${project}/${component} writes version ${version} there`,
        )
    }
  }
  return drifts
}
