import { failure, type HostedWorkload } from '@plinth/contracts'
import { createHash } from 'node:crypto'
import type { Static } from 'typebox'

/** What somebody wants hosted, as it came in. Holds secrets: kept with mode 0600 and never logged. */
export type Wish = Static<typeof HostedWorkload>

/**
 * Replicas of one generation are interchangeable; a wish of another generation replaces them. How many there are and
 * under which names they answer can change without touching a process; tokens for telemetry are renewed as they go.
 */
export function generationOf(wish: Wish): string {
  const { replicas: _replicas, hosts: _hosts, telemetryToken: _token, artifact, environmentVariables, ...rest } = wish
  const parts = {
    ...rest,
    artifact: artifact.sha256,
    environmentVariables: Object.entries(environmentVariables).sort(([a], [b]) => (a < b ? -1 : 1)),
  }
  const ordered = Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(ordered)).digest('hex').slice(0, 16)
}

/** The name becomes a folder, so it is nothing but what a workload's name can be. */
export function checkWish(wish: Wish): void {
  const problems = [
    ...(/^[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*){2}$/.test(wish.name) && wish.name.length <= 200
      ? []
      : [
          {
            path: '/name',
            message: 'must be <project>.<environment>.<workload>, in lower-case letters, digits and hyphens',
          },
        ]),
    ...(/^[0-9a-f]{64}$/.test(wish.artifact.sha256)
      ? []
      : [{ path: '/artifact/sha256', message: 'must be 64 hexadecimal digits' }]),
    ...(URL.canParse(wish.artifact.url) ? [] : [{ path: '/artifact/url', message: 'must be a URL' }]),
    ...(wish.command.length > 0 ? [] : [{ path: '/command', message: 'must name a program' }]),
    ...(wish.readiness.path.startsWith('/') ? [] : [{ path: '/readiness/path', message: 'must start with a slash' }]),
    ...Object.keys(wish.environmentVariables)
      .filter((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      .map((name) => ({ path: `/environmentVariables/${name}`, message: 'is no name of an environment variable' })),
  ]
  if (problems.length > 0) throw failure('platform.request_invalid', { problems })
}
