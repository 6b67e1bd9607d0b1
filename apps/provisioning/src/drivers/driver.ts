import type { PlannedChange } from '@plinth/contracts'
import type { Static, TSchema } from 'typebox'

/** Which resource of which workload. */
export type ResourceRef = { project: string; environment: string; workload: string; resource: string }

/** What differs between what is wanted and what was seen. */
export type Difference = Pick<Static<typeof PlannedChange>, 'action' | 'fields'>

export type Secrets = Readonly<Record<string, string>>
export type Outputs = { plain: Readonly<Record<string, string>>; secret: Secrets }

/** A kind of resource with its one lifecycle. Every call may be cut off at any point and made again. */
export type Driver<Spec = Record<string, unknown>, Seen = unknown> = {
  kind: string
  /** Of the params in score.yaml: validates, documents, makes forms. */
  spec: TSchema
  outputNames: readonly string[]
  /** Deterministic; recorded before the first call out. */
  name(ref: ResourceRef): string
  /** Made once, sealed and stored before anything is made that they open. */
  newSecrets(): Secrets
  /** `unknown` is what can't be seen now: never taken for `absent`. */
  observe(name: string): Promise<Seen | 'absent' | 'unknown'>
  plan(want: Spec, seen: Seen | 'absent'): Difference
  apply(name: string, want: Spec, secrets: Secrets): Promise<void>
  outputs(name: string, want: Spec, secrets: Secrets): Outputs
  /** Resolves once it is gone. */
  remove(name: string): Promise<void>
}

export type Drivers = ReadonlyMap<string, Driver>

/** Throws for a kind that no score.yaml could have asked for. */
export function driverOf(drivers: Drivers, kind: string): Driver {
  const driver = drivers.get(kind)
  if (driver === undefined) throw new Error(`there is no driver for ${kind}`)
  return driver
}
