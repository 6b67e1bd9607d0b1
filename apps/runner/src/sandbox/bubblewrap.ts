/** What is inside the walls beyond the read-only system. */
export type Walls = {
  /** Read-only: [path on the machine, path inside]. */
  binds: readonly (readonly [string, string])[]
  writable: readonly (readonly [string, string])[]
  /** A job ends with its runner; a workload outlives it. */
  endsWithRunner: boolean
}

const systemFolders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']

/** Of /etc, what programs need to resolve names, check certificates and find libraries; no shadow, no keys, no crontab. */
const systemFiles = [
  'alternatives',
  'ca-certificates',
  'ca-certificates.conf',
  'debian_version',
  'gai.conf',
  'host.conf',
  'hosts',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'mime.types',
  'networks',
  'nsswitch.conf',
  'os-release',
  'pki',
  'protocols',
  'resolv.conf',
  'services',
  'ssl',
  'timezone',
]

const namespaces = [
  '--unshare-pid',
  '--unshare-ipc',
  '--unshare-uts',
  '--unshare-cgroup-try',
  '--hostname',
  'plinth',
  '--cap-drop',
  'ALL',
  '--new-session',
]
const ownFolders = [
  '--proc',
  '/proc',
  '--dev',
  '/dev',
  '--perms',
  '1777',
  '--tmpfs',
  '/tmp',
  '--perms',
  '0755',
  '--tmpfs',
  '/home',
  '--perms',
  '0700',
  '--dir',
  '/home/plinth',
]

/**
 * The walls: own mount, pid, IPC, host name and cgroup namespaces, no capability, no way to a terminal, a read-only
 * system, private /tmp, /proc and /dev. The network is the machine's: a job must reach the gateway on loopback, and
 * a workload its database and the edge. bubblewrap is no policy of its own: what these arguments do not say is not
 * protected (containers/bubblewrap, README).
 */
export function bubblewrapArguments(walls: Walls & { userNamespace: boolean }): string[] {
  return [
    ...(walls.userNamespace ? ['--unshare-user', '--uid', '1000', '--gid', '1000'] : []),
    ...namespaces,
    ...(walls.endsWithRunner ? ['--die-with-parent'] : []),
    ...systemFolders.flatMap((path) => ['--ro-bind-try', path, path]),
    ...systemFiles.flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`]),
    ...ownFolders,
    ...walls.binds.flatMap(([from, to]) => ['--ro-bind', from, to]),
    ...walls.writable.flatMap(([from, to]) => ['--bind', from, to]),
  ]
}
