import { delimiter } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Tools } from '../sandbox/tools.ts'
import type { Wish } from './wish.ts'

export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * All that a replica sees: what the wish gives, where to listen, how to send telemetry. Its own OTEL_ settings win
 * over ours, its PORT and HOST do not.
 */
export function replicaEnvironment(
  wish: Wish,
  tools: Tools,
  { port, id, home }: { port: number; id: string; home: string },
): Record<string, string> {
  const given = wish.environmentVariables
  const resource = {
    'plinth.project': wish.project,
    'plinth.environment': wish.environment,
    'plinth.workload': wish.workload,
    'plinth.deployment': wish.deployment,
    'service.namespace': wish.project,
    'service.instance.id': id,
    'deployment.environment.name': wish.environment,
    ...(wish.revision !== undefined && { 'service.version': wish.revision }),
  }
  return {
    HOME: home,
    TMPDIR: '/tmp',
    LANG: 'C.UTF-8',
    NODE_ENV: 'production',
    OTEL_EXPORTER_OTLP_ENDPOINT: wish.telemetryUrl,
    OTEL_EXPORTER_OTLP_HEADERS: `Authorization=Bearer%20${encodeURIComponent(wish.telemetryToken)}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_SERVICE_NAME: wish.workload,
    OTEL_RESOURCE_ATTRIBUTES: Object.entries(resource)
      .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
      .join(','),
    ...given,
    PATH: [tools.path, given['PATH'] ?? systemPath].join(delimiter),
    // Programs that are not Node do not look at it, and one that starts Node through a shell is traced as well.
    NODE_OPTIONS: [...nodeOptions(wish, tools), given['NODE_OPTIONS']].filter(Boolean).join(' '),
    PORT: String(port),
    HOST: '127.0.0.1',
  }
}

function nodeOptions(wish: Wish, tools: Tools): string[] {
  const limitBytes = wish.memoryLimitBytes
  return [
    `--import=${pathToFileURL(tools.preload).href}`,
    // A quarter stays for what is not on the heap: buffers, stacks, code.
    ...(limitBytes === undefined
      ? []
      : [`--max-old-space-size=${Math.max(16, Math.floor((limitBytes * 0.75) / 2 ** 20))}`]),
  ]
}
