import { streamOf, type EventSource } from '@plinth/contracts'
import { jobsStream, sources, storeBytesMin } from './streams.ts'
import { inboxPrefix } from './wire.ts'

export type BusUser = {
  /** A service's name, a runner's, or anyone else's who shall read. */
  user: string
  password: string
  /** By default: `service` for a source of events, `runner` for `runner`, and `reader` for all others. */
  role?: 'service' | 'runner' | 'reader' | 'administrator'
  /** Sources that it may consume durably under its own name; all unless it says otherwise. */
  listens?: readonly EventSource[]
  /** Sources that it may follow without leaving anything behind; all for a reader and the gateway, else none. */
  follows?: readonly EventSource[]
}

export type NatsServerOptions = {
  port: number
  storeDir: string
  /** Below the free space of the disk: a full disk hangs nats-server 2.9, a full store only refuses. */
  maxFileStoreBytes: number
  users: readonly BusUser[]
  /** Loopback only unless the broker has a machine or a container of its own. */
  host?: string
  serverName?: string
  /** The HTTP monitoring port; none unless asked for, since it knows no password. */
  monitorPort?: number
}

type Permissions = { publish: string[]; subscribe: string[] }

/**
 * The text of nats-server.conf: one listener, no cluster, leaf node, WebSocket or MQTT port; one account with
 * JetStream; a user per service who may publish only its own facts, ask any service, and use only what it needs of the
 * JetStream API. The system account has no user. Holds passwords: write it with mode 0600.
 */
export function natsServerConfig(options: NatsServerOptions): string {
  const { port, storeDir, maxFileStoreBytes, users, host = '127.0.0.1', serverName = 'plinth' } = options
  if (maxFileStoreBytes < storeBytesMin) {
    throw new Error(`The message store needs ${storeBytesMin} bytes at least; ${maxFileStoreBytes} were given`)
  }
  const names = users.map(({ user }) => user)
  if (new Set(names).size !== names.length) throw new Error('Two users of the broker have the same name')
  const lines = [
    `server_name: ${quoted(serverName)}`,
    `listen: ${quoted(`${host}:${port}`)}`,
    ...(options.monitorPort === undefined ? [] : [`http: ${quoted(`127.0.0.1:${options.monitorPort}`)}`]),
    'max_payload: 8388608',
    'max_connections: 1024',
    'write_deadline: "10s"',
    'authorization: { timeout: 10 }',
    'jetstream: {',
    `  store_dir: ${quoted(storeDir)}`,
    `  max_file_store: ${Math.floor(maxFileStoreBytes)}`,
    '  max_memory_store: 67108864',
    '}',
    'accounts: {',
    '  SYS: {}',
    '  PLINTH: {',
    '    jetstream: enabled',
    '    users: [',
    ...users.map((user) => `      ${userEntry(user)}`),
    '    ]',
    '  }',
    '}',
    'system_account: SYS',
  ]
  return `${lines.join('\n')}\n`
}

/**
 * Questions whose answer makes a caller somebody else, or tells who did what, and the only services that have a reason
 * to ask them.
 */
const privileged: readonly { question: string; askers: readonly string[] }[] = [
  { question: 'authorization.issue-token', askers: ['pipelines', 'provisioning'] },
  { question: 'authorization.revoke-token', askers: ['pipelines', 'provisioning'] },
  { question: 'authorization.resolve-credential', askers: ['gateway'] },
  { question: 'authorization.open-portal-session', askers: ['gateway'] },
  { question: 'authorization.begin-provider-sign-in', askers: ['gateway'] },
  { question: 'authorization.finish-provider-sign-in', askers: ['gateway'] },
  { question: 'authorization.issue-identity-token', askers: ['pipelines'] },
  { question: 'telemetry.decision-summary', askers: ['authorization'] },
  { question: 'provisioning.run-in-database', askers: ['schemas'] },
  { question: 'provisioning.dry-run-sql', askers: ['schemas'] },
]

const deniedTo = (user: string): string[] =>
  privileged.filter(({ askers }) => !askers.includes(user)).map(({ question }) => `plinth.rpc.${question}`)

function userEntry(account: BusUser): string {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(account.user)) throw new Error(`'${account.user}' is no name for a broker's user`)
  const who = `user: ${quoted(account.user)}, password: ${quoted(account.password)}`
  if (account.role === 'administrator') return `{ ${who} }`
  const { publish, subscribe } = permissionsOf(account)
  const allowed = [
    `publish: { allow: [${publish.map(quoted).join(', ')}], deny: [${deniedTo(account.user).map(quoted).join(', ')}] }`,
    `subscribe: { allow: [${subscribe.map(quoted).join(', ')}] }`,
    // One answer to each question that reached this user, for as long as the longest question may wait.
    'allow_responses: { max: 1, expires: "11m" }',
  ]
  return `{ ${who}, permissions: { ${allowed.join(', ')} } }`
}

function permissionsOf(account: BusUser): Permissions {
  const { user } = account
  const own = sources.find((source) => source === user)
  const role = account.role ?? (own !== undefined ? 'service' : user === 'runner' ? 'runner' : 'reader')
  const follows = account.follows ?? (role === 'reader' || user === 'gateway' ? sources : [])
  const listens = account.listens ?? (role === 'service' ? sources : [])
  const publish = [
    '$JS.API.INFO',
    ...follows.flatMap(following),
    ...listens.flatMap((source) => listening(user, source)),
  ]
  const subscribe = [`${inboxPrefix(user)}.>`]
  if (role === 'reader') return { publish, subscribe }
  // Of all questions a runner has those of its jobs only: who could ask for tokens could be anybody.
  publish.push(role === 'runner' ? 'plinth.rpc.pipelines.>' : 'plinth.rpc.>')
  subscribe.push(`plinth.rpc.${user}.>`, 'plinth.runner.>', 'plinth.notify.>')
  if (role === 'runner') publish.push('plinth.runner.>', ...pullingJobs)
  if (own !== undefined) publish.push(`plinth.${own}.>`, `plinth.notify.${own}.>`, ...owning(streamOf(own)))
  if (own === 'pipelines') publish.push('plinth.jobs.>', ...owning(jobsStream))
  return { publish, subscribe }
}

/** Makes and changes its stream; deleting and purging are nobody's but the administrator's. */
const owning = (stream: string): string[] =>
  ['CREATE', 'UPDATE', 'INFO'].map((verb) => `$JS.API.STREAM.${verb}.${stream}`)

/** A durable consumer of its own name, and no other. */
function listening(user: string, source: EventSource): string[] {
  const place = `${streamOf(source)}.${user}`
  return [
    `$JS.API.CONSUMER.CREATE.${place}`,
    `$JS.API.CONSUMER.INFO.${place}`,
    `$JS.API.CONSUMER.MSG.NEXT.${place}`,
    `$JS.ACK.${place}.>`,
  ]
}

/** The API subject of unnamed consumers: it can neither take messages from nor delete what others have. */
function following(source: EventSource): string[] {
  const stream = streamOf(source)
  return [`$JS.API.STREAM.INFO.${stream}`, `$JS.API.CONSUMER.CREATE.${stream}`, `$JS.FC.${stream}.>`]
}

/** Runners take from the same queues, so they share the consumers of the job stream. */
const pullingJobs = [
  `$JS.API.STREAM.INFO.${jobsStream}`,
  `$JS.API.CONSUMER.CREATE.${jobsStream}.>`,
  `$JS.API.CONSUMER.INFO.${jobsStream}.*`,
  `$JS.API.CONSUMER.MSG.NEXT.${jobsStream}.*`,
  `$JS.ACK.${jobsStream}.>`,
]

/** A string of the configuration language; control characters would need escapes that JSON does not share with it. */
function quoted(value: string): string {
  if (/[\u0000-\u001f\u007f]/.test(value))
    throw new Error('A value of the broker configuration has a control character')
  return JSON.stringify(value)
}
