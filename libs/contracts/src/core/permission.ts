/** What may be done to a thing; the actions a policy can name (DESIGN section 5). */
export const actions = [
  'get',
  'list',
  'create',
  'update',
  'delete',
  'use',
  'run',
  'deploy',
  'approve',
  'rollback',
  'logs',
  'exec',
  'grant',
] as const
export type Action = (typeof actions)[number]

/** The kinds of things that a policy can name; a route on any other kind fails the start. */
export const objectKinds = [
  'project',
  'environment',
  'component',
  'template',
  'workload',
  'operation',
  'repository',
  'change-request',
  'application',
  'pipeline',
  'job',
  'artifact',
  'schema',
  'gate',
  'log',
  'trace',
  'metric',
  'telemetry',
  'user',
  'group',
  'role',
  'binding',
  'policy',
  'token',
  'audit',
  'dead-letter',
  'event',
  'service-account',
  'webhook',
  'freeze',
  'break-glass',
  'identity-provider',
  'signing-key',
  'decision',
] as const
export type ObjectKind = (typeof objectKinds)[number]

/**
 * `domain` is `*`, or a template of path parameters: `:project`, `:project/:environment`. `object` is a kind, or
 * kind and id: `component/:component`. The gateway fills both from the matched route and decides before it forwards.
 */
export type Guard = { action: Action; object: ObjectKind | `${ObjectKind}/${string}`; domain: string }

/**
 * `public`: anyone, without a token. `authenticated`: any valid credential; for what is about the caller himself, or
 * where the service filters what it answers by the caller's rights.
 */
export type Permission = Guard | 'public' | 'authenticated'
