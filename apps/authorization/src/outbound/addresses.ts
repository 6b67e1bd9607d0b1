import { BlockList, isIP, isIPv6 } from 'node:net'

/** IPv4 that is nobody's on the internet (IANA special-purpose registry): this host, private, link-local, test, multicast. */
const inner4 = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24',
  '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24',
  '224.0.0.0/4', '240.0.0.0/4',
] // prettier-ignore
/** Of IPv6 only global unicast is outside, less what carries IPv4 in it, and documentation. */
const outer6 = listOf(['2000::/3'])
const inner6 = listOf(['2001::/32', '2001:db8::/32', '2002::/16', '3fff::/20'])
const inner = listOf(inner4)
const loopback = listOf(['127.0.0.0/8', '::1/128'])

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix = ''] = network.split('/')
    list.addSubnet(address, Number(prefix), isIPv6(address) ? 'ipv6' : 'ipv4')
  }
  return list
}

const has = (list: BlockList, address: string): boolean => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')

/** Whether the host of a URL, as `URL` writes it, is this machine. */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  return host === 'localhost' || (isIP(host) !== 0 && isLoopbackAddress(host))
}

const isLoopbackAddress = (address: string): boolean => has(loopback, address)

/** Whether one may call out to it: an address of the internet. `::ffff:a.b.c.d` is taken for the IPv4 that it is. */
export function isOutside(address: string): boolean {
  if (isIP(address) === 4) return !has(inner, address)
  return has(outer6, address) && !has(inner6, address)
}

export type Reach = {
  /** Loopback too, and there without TLS: for a platform that is itself on loopback only. */
  loopback: boolean
  /** Networks of the inside that may be called all the same. */
  networks: readonly string[]
}

/** Whether an address may be called. */
export function reachable({ loopback: isLocal, networks }: Reach): (address: string) => boolean {
  const named = listOf(networks)
  return (address) => isOutside(address) || has(named, address) || (isLocal && isLoopbackAddress(address))
}

/** Whether a text is a network that `Reach` can name. */
export function isNetwork(text: string): boolean {
  const [address = '', prefix = '', rest] = text.split('/')
  const bits = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : -1
  return rest === undefined && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits
}
